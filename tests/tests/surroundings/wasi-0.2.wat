;; The imports of a component that needs every interface of the world `wasi:cli/imports@0.2.0`: of each a function or a
;; resource, since an interface of which nothing is needed may be missing.

(import "wasi:io/error@0.2.0" (instance (export "error" (type (sub resource)))))
(import "wasi:io/poll@0.2.0" (instance (export "pollable" (type (sub resource)))))
(import "wasi:io/streams@0.2.0" (instance $streams
    (export "input-stream" (type (sub resource)))
    (export "output-stream" (type (sub resource)))))
(alias export $streams "input-stream" (type $input-stream))
(alias export $streams "output-stream" (type $output-stream))

(import "wasi:cli/environment@0.2.0" (instance (export "get-arguments" (func (result (list string))))))
(import "wasi:cli/exit@0.2.0" (instance (export "exit" (func (param "status" (result))))))
(import "wasi:cli/stdin@0.2.0" (instance (export "get-stdin" (func (result (own $input-stream))))))
(import "wasi:cli/stdout@0.2.0" (instance (export "get-stdout" (func (result (own $output-stream))))))
(import "wasi:cli/stderr@0.2.0" (instance (export "get-stderr" (func (result (own $output-stream))))))
(import "wasi:cli/terminal-input@0.2.0" (instance $terminal-input (export "terminal-input" (type (sub resource)))))
(import "wasi:cli/terminal-output@0.2.0" (instance $terminal-output (export "terminal-output" (type (sub resource)))))
(alias export $terminal-input "terminal-input" (type $terminal-input))
(alias export $terminal-output "terminal-output" (type $terminal-output))
(import "wasi:cli/terminal-stdin@0.2.0" (instance
    (export "get-terminal-stdin" (func (result (option (own $terminal-input)))))))
(import "wasi:cli/terminal-stdout@0.2.0" (instance
    (export "get-terminal-stdout" (func (result (option (own $terminal-output)))))))
(import "wasi:cli/terminal-stderr@0.2.0" (instance
    (export "get-terminal-stderr" (func (result (option (own $terminal-output)))))))

(import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64)))))
(import "wasi:clocks/wall-clock@0.2.0" (instance
    (type $record (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $datetime (eq $record)))
    (export "now" (func (result $datetime)))))

(import "wasi:filesystem/types@0.2.0" (instance $filesystem (export "descriptor" (type (sub resource)))))
(alias export $filesystem "descriptor" (type $descriptor))
(import "wasi:filesystem/preopens@0.2.0" (instance
    (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))))

(import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64)))))
(import "wasi:random/insecure@0.2.0" (instance (export "get-insecure-random-u64" (func (result u64)))))
(import "wasi:random/insecure-seed@0.2.0" (instance (export "insecure-seed" (func (result (tuple u64 u64))))))

(import "wasi:sockets/network@0.2.0" (instance $network (export "network" (type (sub resource)))))
(alias export $network "network" (type $network))
(import "wasi:sockets/instance-network@0.2.0" (instance
    (export "instance-network" (func (result (own $network))))))
(import "wasi:sockets/ip-name-lookup@0.2.0" (instance (export "resolve-address-stream" (type (sub resource)))))
(import "wasi:sockets/tcp@0.2.0" (instance $tcp (export "tcp-socket" (type (sub resource)))))
(import "wasi:sockets/udp@0.2.0" (instance $udp (export "udp-socket" (type (sub resource)))))
(alias export $tcp "tcp-socket" (type $tcp-socket))
(alias export $udp "udp-socket" (type $udp-socket))
(type $families (enum "ipv4" "ipv6"))
(type $errors (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout"
    "concurrency-conflict" "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable"
    "address-in-use" "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
    "datagram-too-large" "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
(import "wasi:sockets/tcp-create-socket@0.2.0" (instance
    (export "ip-address-family" (type $family (eq $families)))
    (export "error-code" (type $error (eq $errors)))
    (export "create-tcp-socket" (func
        (param "address-family" $family) (result (result (own $tcp-socket) (error $error)))))))
(import "wasi:sockets/udp-create-socket@0.2.0" (instance
    (export "ip-address-family" (type $family (eq $families)))
    (export "error-code" (type $error (eq $errors)))
    (export "create-udp-socket" (func
        (param "address-family" $family) (result (result (own $udp-socket) (error $error)))))))
