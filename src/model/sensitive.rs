//! A value that must not be shown.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// What stands for a secret value, wherever one is shown.
pub const MASK: &str = "•••••••";

/// What stands for a secret value of so many bytes.
pub fn masked(bytes: usize) -> String {
    format!("{MASK} ({bytes} bytes)")
}

/// Holds a secret: printing it shows `[redacted]`, it cannot be serialised, and its bytes are cleared when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive(Vec<u8>);

impl Sensitive {
    /// Takes a secret in.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into().into_bytes())
    }

    /// Takes a secret in that need not be text.
    pub fn from_bytes(secret: Vec<u8>) -> Self {
        Self(secret)
    }

    /// The secret itself; for a request header and nothing else.
    pub fn expose(&self) -> &str {
        self.text().unwrap_or_default()
    }

    /// The secret as text, for whoever asked to see it; nothing where it is none.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Drop for Sensitive {
    fn drop(&mut self) {
        self.0.fill(0);
        // The optimiser must not see the bytes as dead.
        std::hint::black_box(&self.0);
    }
}

impl<'de> Deserialize<'de> for Sensitive {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_prints() {
        let secret = Sensitive::new("hvs.CAESIJ");
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(secret.expose(), "hvs.CAESIJ");
    }
}
