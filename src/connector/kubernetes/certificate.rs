//! What an X.509 certificate says that an engineer wants to know: who issued it and when it ends.

use x509_parser::prelude::{FromDer, Pem, X509Certificate};

use crate::model::{Str, Time};

/// The few facts of a certificate.
#[derive(Debug)]
pub(super) struct Facts {
    /// The subject's common name.
    pub(super) subject: Str,
    /// The issuer's common name.
    pub(super) issuer: Str,
    /// When it ends.
    pub(super) until: Time,
}

/// The first certificate of a PEM text.
pub(super) fn of_pem(pem: &[u8]) -> Option<Facts> {
    Pem::iter_from_buffer(pem).flatten().find(|p| p.label == "CERTIFICATE").and_then(|p| of_der(&p.contents))
}

/// A DER certificate.
pub(super) fn of_der(der: &[u8]) -> Option<Facts> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let name = |x: &x509_parser::x509::X509Name<'_>| {
        x.iter_common_name()
            .next()
            .and_then(|c| c.as_str().ok())
            .map_or_else(|| x.to_string(), ToOwned::to_owned)
    };
    Some(Facts {
        subject: name(certificate.subject()).into(),
        issuer: name(certificate.issuer()).into(),
        until: Time::from_secs(certificate.validity().not_after.timestamp()),
    })
}
