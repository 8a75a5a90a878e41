//! What a request says of who sends it.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

/// What a request says of who sends it: the text of its headers, whichever protocol carried them.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// `Authorization`, if it is there once and text.
    pub authorization: Option<&'a str>,
    /// The header for keys alone, where there is one. `Authorization` comes first.
    pub api_key: Option<&'a str>,
}

/// Credentials as they are compared.
pub(super) enum Presented<'a> {
    /// A key or token (RFC 6750 section 2.1).
    Bearer(&'a str),
    /// The password of Basic credentials (RFC 7617).
    Password(Zeroizing<Vec<u8>>),
    /// A key in a header of its own.
    ApiKey(&'a str),
}

impl<'a> Credentials<'a> {
    /// What is presented; nothing where there is none, or none that can be read.
    pub(super) fn presented(&self) -> Option<Presented<'a>> {
        let Some(authorization) = self.authorization else {
            let key = self.api_key.map(str::trim)?;
            return (!key.is_empty()).then_some(Presented::ApiKey(key));
        };
        let (scheme, credentials) = authorization.trim().split_once(' ')?;
        let credentials = credentials.trim_start();
        if scheme.eq_ignore_ascii_case("bearer") {
            (!credentials.is_empty()).then_some(Presented::Bearer(credentials))
        } else if scheme.eq_ignore_ascii_case("basic") {
            password(credentials).map(Presented::Password)
        } else {
            None
        }
    }
}

impl Presented<'_> {
    /// What is compared with keys.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bearer(key) | Self::ApiKey(key) => key.as_bytes(),
            Self::Password(password) => password,
        }
    }
}

/// The password of Basic credentials; any user name will do.
fn password(credentials: &str) -> Option<Zeroizing<Vec<u8>>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let decoded = Zeroizing::new(LENIENT.decode(credentials).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    decoded
        .get(colon + 1..)
        .map(|password| Zeroizing::new(password.to_vec()))
}
