//! Certificates of servers: those that are trusted, and an authority of the operator's.

use super::*;

/// A server for https, and the file of the certificate with which it speaks for `shop.example`.
async fn tls_server() -> (u16, tempfile::NamedTempFile) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["shop.example".to_owned()]).expect("a certificate");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), cert.pem()).expect("the file is written");
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a certificate with its key");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {
                    _ = stream.write_all(HELLO.as_bytes()).await;
                }
            });
        }
    });
    (port, file)
}

#[tokio::test]
async fn https_is_verified_and_an_authority_may_be_added() {
    let (port, file) = tls_server().await;
    let names = || Names::default().with("shop.example", &[&["127.0.0.1"]]).with("other.example", &[&["127.0.0.1"]]);
    let network = ["--outbound-network", "127.0.0.0/8"];
    let with_ca = [network.as_slice(), &["--outbound-ca", file.path().to_str().expect("a path in UTF-8")]].concat();
    let (public, own) = (outbound(&network, names()), outbound(&with_ca, names()));
    let (shop, other) = (format!("https://shop.example:{port}/"), format!("https://other.example:{port}/"));
    for (outbound, url) in [(&public, &shop), (&own, &other)] {
        let error = ask(&gate(outbound, &["https://*.example:*"]), url).await.expect_err(url);
        assert!(matches!(error, Error::TlsCertificateError), "{url}: {error:?}");
    }
    assert_eq!(ask(&gate(&own, &["https://*.example:*"]), &shop).await.expect("an answer"), "hello");
    let plain = ask(&gate(&own, &["http://shop.example:*"]), &format!("http://shop.example:{port}/")).await;
    assert!(plain.is_err(), "an answer without TLS: {plain:?}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let arguments = ["test", "--outbound-ca", file.path().to_str().expect("a path in UTF-8")];
    let error = Outbound::new(&Options::parse_from(arguments).options).err().expect("refused").to_string();
    assert!(error.contains("--outbound-ca") && error.contains("it has none"), "{error}");
}
