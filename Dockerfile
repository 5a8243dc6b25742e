# check=error=true
# The image holds the host, its component and nothing else: no shell, no libc, no package manager. It is built without a
# `# syntax=` line: the engine's own frontend (Docker 25 or later) knows all that is used here.
#
#   docker build -t catamaran .
#   docker run --rm -p 8000:8000 catamaran
#   docker build --target component --output dist .     the component alone: its canonical, reproducible build
#   docker build --target builder -t catamaran:builder .     the toolchain, with `catamaran compile` for components of your own

FROM rust:1.95-slim-trixie AS builder
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Debian keeps only the newest revision of a package: a version that is pinned here would soon not be found.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends lld musl-tools tini \
    && rm -rf /var/lib/apt/lists/*
# The image's own toolchain; rust-toolchain.toml would add the linters to it.
ENV RUSTUP_TOOLCHAIN=$RUST_VERSION
RUN rustup target add wasm32-unknown-unknown "$(uname -m)-unknown-linux-musl"
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo install --locked --root /usr/local cargo-auditable@0.7.7 cargo-cyclonedx@0.5.9 \
    && cargo install --locked --root /usr/local wasm-tools@1.263.0 --no-default-features --features metadata

WORKDIR /src
COPY . .
# Another name is another cache: so two builds can be compared that share nothing.
ARG CACHE=target

# The compiler, for the component here and for those of others. It only has to work, not to be fast.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=$CACHE,target=/src/target,sharing=locked \
    cargo build --locked --release --package catamaran \
    && install target/release/catamaran /usr/local/bin/

# The host without Cranelift: smaller, and in the container nothing can turn bytes into machine code any more.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=$CACHE-host,target=/src/target,sharing=locked <<'SCRIPT'
musl=$(uname -m)-unknown-linux-musl
# The allocator, which is C, has the time of its build inside; GCC takes this one instead.
export SOURCE_DATE_EPOCH=0
cargo auditable build --locked --profile dist --package catamaran --no-default-features --target "$musl"
install -D --mode=755 "target/$musl/dist/catamaran" /out/bin/catamaran
install --mode=755 /usr/bin/tini-static /out/bin/tini
SCRIPT

# The commit, which the service tells too.
ARG REVISION=unknown

# The component as every host takes it, and its machine code beside it, where `up` finds both by the manifest.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=$CACHE,target=/src/target,sharing=locked <<'SCRIPT'
component=/out/app/target/wasm32-unknown-unknown/component/catamaran_component.wasm
install -D --mode=644 --target-directory=/out/app spin.toml
mkdir -p "${component%/*}"
CATAMARAN_REVISION=$REVISION component/package "$component"
catamaran compile "$component"
SCRIPT

# The time that everything in the image has; the CycloneDX files too.
ARG SOURCE_DATE_EPOCH=0

# What is in it (CycloneDX, for scanners: they read no component), and under which terms.
RUN --mount=type=cache,target=/usr/local/cargo/registry <<'SCRIPT'
musl=$(uname -m)-unknown-linux-musl
docs=/out/usr/share/catamaran
mkdir -p "$docs/licenses"
cargo cyclonedx --format json --spec-version 1.5 --manifest-path host/Cargo.toml --no-default-features --target "$musl" --override-filename host.cdx
cargo cyclonedx --format json --spec-version 1.5 --manifest-path component/Cargo.toml --target wasm32-unknown-unknown --override-filename component.cdx
for bill in host/host.cdx.json component/component.cdx.json; do
    # Without the white space, which is a third of it.
    sed 's/^ *//' "$bill" | tr --delete '\n' > "$docs/${bill##*/}"
done
install --mode=644 LICENSE LICENSE-APACHE LICENSE-MIT "$docs/licenses"
install --mode=644 /usr/share/doc/tini/copyright "$docs/licenses/tini"
install --mode=644 /usr/share/doc/musl-dev/copyright "$docs/licenses/musl"
# Each text once, with the packages that it belongs to: most are the same few.
cargo tree --locked --prefix none --edges normal --package catamaran --no-default-features --target "$musl" --format '{p}' \
    | sed -E '/\(/d; s/ v/-/' | sort -u | while read -r package; do
    find /usr/local/cargo/registry/src/*/"$package" -maxdepth 1 -type f -iregex '.*/\(licen[sc]e\|copying\|notice\).*' -print0 \
        | xargs --null --no-run-if-empty sha256sum | sed "s|\$| $package|"
done | sort | awk '
    $1 != last { if (last) show(); last = $1; file = $2; packages = "" }
    { packages = packages " " $3 }
    END { show() }
    function show(line) {
        print "==" packages "\n"
        while ((getline line < file) > 0) print line
        close(file)
        print ""
    }' | gzip --best --no-name > "$docs/licenses/third-party.gz"
find /out -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
SCRIPT

FROM scratch AS component
COPY --from=builder /out/app/target/wasm32-unknown-unknown/component/catamaran_component.wasm /

FROM scratch
COPY --from=builder /out /

# A service in a container is there for others; the port is the container's own.
ENV CATAMARAN_LISTEN=0.0.0.0:8000 \
    CATAMARAN_ADMIN_LISTEN=0.0.0.0:9000 \
    CATAMARAN_ALLOW_PRECOMPILED=true
WORKDIR /app
USER 65532:65532
# The service, and health and metrics for those who run it.
EXPOSE 8000 9000
# SIGTERM is what makes the host finish its requests and end.
STOPSIGNAL SIGTERM
# Asked often at the start, so that it is known soon; a slow machine has half a minute for it.
HEALTHCHECK --interval=10s --timeout=3s --retries=3 --start-period=30s --start-interval=0.25s \
    CMD ["/bin/catamaran", "healthcheck"]
ENTRYPOINT ["/bin/tini", "--", "/bin/catamaran"]
CMD ["up"]

ARG SOURCE=
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="catamaran" \
      org.opencontainers.image.description="One HTTP component, served by a dedicated host for wasi:http components" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="Apache-2.0 OR MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
