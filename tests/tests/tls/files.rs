//! The files of `--tls-cert` and `--tls-key`: how they are named, and those that are wrong.

use std::fs;

use catamaran_tests::{
    artifacts::streams,
    process::Process,
    server::{Server, catamaran},
};
use rcgen::KeyPair;

use super::{Files, answers};

#[test]
fn each_file_requires_the_other() {
    for option in ["--tls-cert", "--tls-key"] {
        let mut command = catamaran(["serve", "input.wasm", option, "file.pem"]);
        let finished = Process::spawn(&mut command).and_then(Process::wait).expect("an end");
        assert_eq!(finished.status.code(), Some(2), "{finished}");
        let other = if option == "--tls-cert" { "--tls-key" } else { "--tls-cert" };
        assert!(finished.stderr.contains(other), "{finished}");
    }
}

#[test]
fn the_environment_names_the_files_too() {
    let (files, certificate) = Files::new();
    let mut command = catamaran(["serve", streams().to_str().expect("a path in UTF-8"), "--listen", "127.0.0.1:0"]);
    command.env("CATAMARAN_TLS_CERT", files.certificate()).env("CATAMARAN_TLS_KEY", files.key());
    answers(&Server::start(&mut command).expect("a server"), &certificate);
}

#[test]
fn a_file_that_is_not_there() {
    let (files, _) = Files::new();
    fs::remove_file(files.key()).expect("removed");
    files.refused(&["key.pem", "No such file", "--tls-key"]);
    fs::remove_file(files.certificate()).expect("removed");
    files.refused(&["certificate.pem", "No such file", "--tls-cert"]);
}

#[test]
fn a_file_without_a_certificate_or_a_key() {
    let (files, _) = Files::new();
    fs::copy(files.certificate(), files.key()).expect("copied");
    files.refused(&["key.pem", "no private key", "--tls-key"]);
    let (files, _) = Files::new();
    fs::copy(files.key(), files.certificate()).expect("copied");
    files.refused(&["certificate.pem", "no certificate", "--tls-cert"]);
}

#[test]
fn a_certificate_that_is_damaged() {
    let (files, _) = Files::new();
    fs::write(files.certificate(), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").expect("written");
    files.refused(&["certificate.pem", "cannot be used"]);
    fs::write(files.certificate(), "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n").expect("written");
    files.refused(&["certificate.pem", "cannot be used"]);
}

#[test]
fn a_file_that_is_cut_short_is_named_without_what_is_in_it() {
    let (files, _) = Files::new();
    fs::write(files.certificate(), "-----BEGIN CERTIFICATE-----\nAAAA\n").expect("written");
    files.refused(&["certificate.pem", "BEGIN line without its END"]);
    let (files, _) = Files::new();
    fs::write(files.key(), "-----BEGIN PRIVATE KEY-----\nAAAA\n").expect("written");
    files.refused(&["key.pem", "BEGIN line without its END"]);
    fs::write(files.key(), "-----BEGIN PRIVATE KEY\nAAAA\n").expect("written");
    files.refused(&["key.pem", "five hyphens"]);
}

#[test]
fn a_key_of_another_certificate() {
    let (files, _) = Files::new();
    fs::write(files.key(), KeyPair::generate().expect("a key").serialize_pem()).expect("written");
    files.refused(&["key.pem", "certificate.pem", "does not match"]);
}

#[test]
fn a_key_that_is_encrypted() {
    let (files, _) = Files::new();
    let key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    fs::write(files.key(), key).expect("written");
    files.refused(&["key.pem", "encrypted", "openssl pkey"]);
}
