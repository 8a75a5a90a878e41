//! One way to declare the keys of an object of the file.

/// Declares an object of the config file. Each line: the field, what stands behind the key, the key
/// and other spellings of it. `null` counts as absent, as it does for the reader.
macro_rules! keys {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty = $key:literal $(| $spelling:literal)*,)*
    }) => {
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        $(#[$meta])*
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(rename = $key, $(alias = $spelling,)* default, skip_serializing_if = "Option::is_none")]
                #[schemars(extend("x-spellings" = &[$($spelling),*] as &[&str]))]
                pub $field: Option<$type>,
            )*
        }

        impl $name {
            /// The keys, in all their spellings.
            pub const KEYS: &'static [&'static str] = &[$($key, $($spelling,)*)*];
        }
    };
}
pub(crate) use keys;
