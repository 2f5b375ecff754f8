//! An authority for the run, what it signed in between, and a certificate of the endpoints: made by
//! the `openssl` program.

use crate::Failed;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::process::Command;

/// All names of the HTTPS endpoints are right below it. It is a public suffix, so that each is a
/// host of its own; the run looks them up itself and never leaves the machine.
pub const SUFFIX: &str = "co.uk";

const SCRIPT: &str = r#"
set -e
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null; }
sign() { openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 2 \
  -extfile "$1.ext" -out "$1.pem" 2>/dev/null; }
key root; key middle; key leaf
openssl req -x509 -new -key root.key -subj /CN=root -days 2 -out root.pem \
  -addext 'keyUsage=critical,keyCertSign' 2>/dev/null
openssl req -new -key middle.key -subj /CN=middle -out middle.csr
echo 'basicConstraints=critical,CA:true' > middle.ext
sign middle root
openssl req -new -key leaf.key -subj /CN=leaf -out leaf.csr
echo "subjectAltName=DNS:*.$SUFFIX" > leaf.ext
sign leaf middle
cat leaf.pem middle.pem > chain.pem
openssl pkcs8 -topk8 -nocrypt -in leaf.key -out leaf.pk8
"#;

/// Writes `root.pem`, `chain.pem` and `leaf.pk8` into the folder.
pub fn make(folder: &Path) -> Result<(), Failed> {
    let mut command = Command::new("bash");
    command.args(["-c", SCRIPT]).env("SUFFIX", SUFFIX).current_dir(folder);
    if !command.status()?.success() {
        return Err("openssl made no certificates".into());
    }
    Ok(())
}

/// What the endpoints show.
pub fn server_config(folder: &Path) -> Result<rustls::ServerConfig, Failed> {
    let chain = CertificateDer::pem_file_iter(folder.join("chain.pem"))?;
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("leaf.pk8"))?;
    let config = rustls::ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13]);
    let mut config = config.with_no_client_auth().with_single_cert(chain, key)?;
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// What a client believes: the authority of the run.
pub fn client_config(folder: &Path) -> Result<rustls::ClientConfig, Failed> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("root.pem"))?)?;
    let mut config =
        rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}
