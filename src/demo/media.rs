//! Content other than text: an image, a sound, an embedded resource and a link to one.

use std::f64::consts::TAU;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::ContentBlock;
use rmcp::schemars::JsonSchema;
use rmcp::{ErrorData, tool, tool_router};
use serde::Deserialize;

use super::{DemoServer, resources};

/// A picture of two arrows, 240 by 240 pixels.
pub(super) const PICTURE: &[u8] = include_bytes!("assets/picture.png");

/// Samples per second of the sounds made here.
const SAMPLE_RATE: u32 = 16_000;

#[derive(Deserialize, JsonSchema)]
struct AudioArguments {
    /// Pitch in hertz.
    #[serde(default = "default_frequency")]
    #[schemars(range(min = 20, max = 7000))]
    frequency: u32,
    /// Length in milliseconds.
    #[serde(default = "default_milliseconds")]
    #[schemars(range(min = 1, max = 5000))]
    milliseconds: u32,
}

fn default_frequency() -> u32 {
    880
}

fn default_milliseconds() -> u32 {
    800
}

#[derive(Deserialize, JsonSchema)]
struct ResourceArguments {
    /// Which of the demo's resources.
    #[serde(default)]
    resource: ResourceChoice,
}

#[derive(Clone, Copy, Default, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum ResourceChoice {
    #[default]
    Readme,
    Facts,
    Picture,
}

impl ResourceChoice {
    fn uri(self) -> &'static str {
        match self {
            Self::Readme => resources::README_URI,
            Self::Facts => resources::FACTS_URI,
            Self::Picture => resources::PICTURE_URI,
        }
    }
}

#[tool_router(router = media_tools, vis = "pub(super)")]
impl DemoServer {
    /// Gives a small picture as PNG.
    #[tool(
        title = "Image",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn image() -> ContentBlock {
        ContentBlock::image(BASE64_STANDARD.encode(PICTURE), "image/png")
    }

    /// Gives a chime of the pitch and length wanted, as a WAV file.
    #[tool(
        title = "Audio",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn audio(Parameters(arguments): Parameters<AudioArguments>) -> Result<ContentBlock, String> {
        let wav = chime(arguments.frequency, arguments.milliseconds)?;
        Ok(ContentBlock::audio(
            BASE64_STANDARD.encode(wav),
            "audio/wav",
        ))
    }

    /// Gives one of the demo's resources, embedded in the answer.
    #[tool(
        title = "Embedded resource",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn embedded_resource(
        Parameters(arguments): Parameters<ResourceArguments>,
    ) -> Result<ContentBlock, ErrorData> {
        resources::contents(arguments.resource.uri()).map(ContentBlock::resource)
    }

    /// Gives a link to one of the demo's resources, which can then be read.
    #[tool(
        title = "Resource link",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn resource_link(
        Parameters(arguments): Parameters<ResourceArguments>,
    ) -> Result<ContentBlock, ErrorData> {
        let uri = arguments.resource.uri();
        resources::list()
            .into_iter()
            .find(|resource| resource.uri == uri)
            .map(ContentBlock::resource_link)
            .ok_or_else(|| resources::not_found(uri))
    }
}

/// A sine tone that dies away, as a WAV file: 16-bit PCM, one channel.
#[expect(
    clippy::cast_possible_truncation,
    reason = "an amplitude below 1, scaled to 16 bits, fits"
)]
fn chime(frequency: u32, milliseconds: u32) -> Result<Vec<u8>, String> {
    // Above half the sample rate a tone can't be represented.
    if !(20..=7000).contains(&frequency) {
        return Err(format!(
            "{frequency} Hz is out of range: `frequency` is from 20 to 7000."
        ));
    }
    if !(1..=5000).contains(&milliseconds) {
        return Err(format!(
            "{milliseconds} ms is out of range: `milliseconds` is from 1 to 5000."
        ));
    }
    let samples = SAMPLE_RATE * milliseconds / 1000;
    let data_bytes = samples * 2;
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    wav.extend_from_slice(&1_u16.to_le_bytes());
    wav.extend_from_slice(&1_u16.to_le_bytes());
    wav.extend_from_slice(&SAMPLE_RATE.to_le_bytes());
    wav.extend_from_slice(&(SAMPLE_RATE * 2).to_le_bytes());
    wav.extend_from_slice(&2_u16.to_le_bytes());
    wav.extend_from_slice(&16_u16.to_le_bytes());
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&data_bytes.to_le_bytes());
    for sample in 0..samples {
        let seconds = f64::from(sample) / f64::from(SAMPLE_RATE);
        let remaining = 1.0 - f64::from(sample) / f64::from(samples);
        let amplitude = 0.6 * remaining * remaining * (TAU * f64::from(frequency) * seconds).sin();
        let value = (amplitude * f64::from(i16::MAX)) as i16;
        wav.extend_from_slice(&value.to_le_bytes());
    }
    Ok(wav)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_a_small_png() {
        assert!(PICTURE.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert!(PICTURE.len() < 20_000);
    }

    #[test]
    fn a_chime_says_its_true_length() {
        let wav = chime(440, 250).unwrap();
        assert_eq!(wav.len(), 44 + 250 * 16 * 2);
        assert_eq!(&wav[..4], b"RIFF");
        let riff_size = u32::from_le_bytes(wav[4..8].try_into().unwrap());
        assert_eq!(riff_size as usize, wav.len() - 8);
        let data_size = u32::from_le_bytes(wav[40..44].try_into().unwrap());
        assert_eq!(data_size as usize, wav.len() - 44);
    }

    #[test]
    fn a_chime_out_of_range_is_refused() {
        for (frequency, milliseconds) in [(19, 100), (7001, 100), (440, 0), (440, 5001)] {
            assert!(chime(frequency, milliseconds).is_err());
        }
    }
}
