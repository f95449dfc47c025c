//! The one cryptography provider of the process.

/// Installs ring as the process-wide provider; does nothing when one is there. Every client needs it first.
pub fn install_crypto() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
