//! Sealed texts: what we give into other hands, to be brought back to us or to a replica that has
//! the same key, and that nobody else can read, make or change.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf,
};

use super::Secret;

/// Seals and opens texts with one key (AES-256-GCM, NIST SP 800-38D; the key is derived by HKDF,
/// RFC 5869).
///
/// Nonces are random: one key is good for some billion texts.
pub struct Sealer(LessSafeKey);

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealer")
    }
}

/// Nothing can be sealed: the system has no random numbers.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system has no random numbers")]
pub struct NoRandomness;

impl Sealer {
    /// Seals with a key that others may share.
    pub fn with_key(key: &Secret) -> Result<Self, NoRandomness> {
        Self::derived(key.reveal().as_bytes())
    }

    /// Seals with a key that lives as long as this process.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut key = [0_u8; 32];
        getrandom::fill(&mut key).map_err(|_| NoRandomness)?;
        Self::derived(&key)
    }

    fn derived(secret: &[u8]) -> Result<Self, NoRandomness> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"viceversa seal");
        let derived = salt.extract(secret);
        let derived = derived.expand(&[b"aes-256-gcm"], &AES_256_GCM);
        let key = UnboundKey::from(derived.map_err(|_| NoRandomness)?);
        Ok(Self(LessSafeKey::new(key)))
    }

    /// A text of `[A-Za-z0-9_-]` that only holders of the key can open, for the same purpose. No
    /// two are the same.
    pub fn seal(&self, purpose: &str, text: &[u8]) -> Result<String, NoRandomness> {
        let mut nonce = [0_u8; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| NoRandomness)?;
        let mut sealed = text.to_vec();
        let key_nonce = Nonce::assume_unique_for_key(nonce);
        let aad = Aad::from(purpose.as_bytes());
        // It fails for texts of many gigabytes alone.
        let done = self.0.seal_in_place_append_tag(key_nonce, aad, &mut sealed);
        done.map_err(|_| NoRandomness)?;
        let mut whole = nonce.to_vec();
        whole.append(&mut sealed);
        Ok(URL_SAFE_NO_PAD.encode(whole))
    }

    /// What was sealed for this purpose; nothing of what was not sealed with our key.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let whole = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = whole.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let opened = self.0.open_in_place(nonce, aad, &mut sealed).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_with_the_same_key_for_the_same_purpose_alone() {
        let key = Secret::new("0123456789abcdef0123456789abcdef");
        let one = Sealer::with_key(&key).unwrap();
        let replica = Sealer::with_key(&key).unwrap();
        let sealed = one.seal("session", b"ada").unwrap();
        assert_eq!(
            replica.open("session", &sealed).as_deref(),
            Some(&b"ada"[..])
        );
        assert_eq!(replica.open("state", &sealed), None);
        assert_eq!(Sealer::random().unwrap().open("session", &sealed), None);
        assert_ne!(one.seal("session", b"ada").unwrap(), sealed);
        let changed: String = match sealed.strip_prefix('A') {
            Some(rest) => format!("B{rest}"),
            None => format!("A{}", &sealed[1..]),
        };
        assert_eq!(replica.open("session", &changed), None);
        for nonsense in ["", "a", "ä", "AAAAAAAAAAAAAAAA"] {
            assert_eq!(replica.open("session", nonsense), None);
        }
    }
}
