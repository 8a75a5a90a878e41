//! The time in the zones of the IANA database, with the arguments and answers of the reference
//! server `mcp-server-time`.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::schemars::JsonSchema;
use rmcp::{tool, tool_router};
use serde::{Deserialize, Serialize};

use super::DemoServer;

/// No name in the IANA database is nearly as long.
const LONGEST_ZONE_NAME: usize = 64;

#[derive(Deserialize, JsonSchema)]
struct CurrentTimeArguments {
    /// IANA time zone name, such as `Europe/Berlin`, `America/New_York` or `UTC`.
    #[schemars(
        length(min = 1, max = 64),
        example = "Europe/Berlin",
        example = "America/New_York",
        example = "Asia/Tokyo",
        example = &"UTC"
    )]
    timezone: String,
}

#[derive(Deserialize, JsonSchema)]
struct ConvertTimeArguments {
    /// IANA name of the time zone that the time is given in.
    #[schemars(length(min = 1, max = 64), example = "America/New_York", example = &"UTC")]
    source_timezone: String,
    /// Time of today in 24-hour format, `HH:MM`.
    #[schemars(regex(pattern = r"^([01]?\d|2[0-3]):[0-5]\d$"), example = "16:30")]
    time: String,
    /// IANA name of the time zone that the time is wanted in.
    #[schemars(
        length(min = 1, max = 64),
        example = "Asia/Tokyo",
        example = "Europe/London"
    )]
    target_timezone: String,
}

/// A point in time, as the clocks of one zone show it.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct ZoneTime {
    /// IANA name of the time zone.
    timezone: String,
    /// Local date and time with the offset from UTC, in ISO 8601 format.
    #[schemars(extend("format" = "date-time"))]
    datetime: String,
    /// English name of the day of the week.
    day_of_week: String,
    /// Whether daylight saving time is in force.
    is_dst: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Conversion {
    /// The time in the source zone.
    source: ZoneTime,
    /// The same time in the target zone.
    target: ZoneTime,
    /// How many hours the target is ahead of the source, such as `+13.0h`.
    time_difference: String,
}

#[tool_router(router = time_tools, vis = "pub(super)")]
impl DemoServer {
    /// Tells the current date and time in a time zone.
    #[tool(
        title = "Current time",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn get_current_time(
        Parameters(arguments): Parameters<CurrentTimeArguments>,
    ) -> Result<Json<ZoneTime>, String> {
        current_time(&arguments.timezone).map(Json)
    }

    /// Converts a time of today from one time zone to another.
    #[tool(
        title = "Convert time",
        annotations(read_only_hint = true, idempotent_hint = true, open_world_hint = false)
    )]
    fn convert_time(
        Parameters(arguments): Parameters<ConvertTimeArguments>,
    ) -> Result<Json<Conversion>, String> {
        convert(&arguments, Timestamp::now()).map(Json)
    }
}

/// The time now in the zone of that IANA name; the error names similar zones.
pub(super) fn current_time(zone_name: &str) -> Result<ZoneTime, String> {
    let zone = zone(zone_name)?;
    Ok(zone_time(&Timestamp::now().to_zoned(zone)))
}

/// The names of all known zones, aliases included.
pub(super) fn zone_names() -> impl Iterator<Item = String> {
    jiff::tz::db()
        .available()
        .map(|name| name.as_str().to_owned())
}

fn convert(arguments: &ConvertTimeArguments, now: Timestamp) -> Result<Conversion, String> {
    let source_zone = zone(&arguments.source_timezone)?;
    let target_zone = zone(&arguments.target_timezone)?;
    let time = Time::strptime("%H:%M", &arguments.time).map_err(|_| {
        format!(
            "\"{}\" is not a time of day: write it as HH:MM in 24-hour format, such as 16:30.",
            arguments.time
        )
    })?;
    let today = now.to_zoned(source_zone.clone()).date();
    let source = today
        .to_datetime(time)
        .to_zoned(source_zone)
        .map_err(|error| format!("This time does not exist: {error}."))?;
    let target = source.with_time_zone(target_zone);
    let difference_seconds = target.offset().seconds() - source.offset().seconds();
    Ok(Conversion {
        source: zone_time(&source),
        target: zone_time(&target),
        time_difference: hours(difference_seconds),
    })
}

fn zone(name: &str) -> Result<TimeZone, String> {
    // Comparing an endless name with each known one would take as long.
    if name.len() > LONGEST_ZONE_NAME {
        return Err(format!(
            "The name of the time zone is too long: IANA names have at most {LONGEST_ZONE_NAME} \
             characters."
        ));
    }
    TimeZone::get(name).map_err(|_| {
        let similar = similar_zone_names(name);
        let hint = if similar.is_empty() {
            "Europe/Berlin, America/New_York or UTC".to_owned()
        } else {
            similar.join(" or ")
        };
        format!("No time zone is called \"{name}\": use an IANA name, such as {hint}.")
    })
}

/// Up to two known names near the given one. People write the city alone, or a space for the
/// underscore, so the last segment is compared too.
fn similar_zone_names(name: &str) -> Vec<String> {
    let wanted = name.to_lowercase().replace(' ', "_");
    let mut scored: Vec<(f64, String)> = zone_names()
        .filter_map(|known| {
            let lower = known.to_lowercase();
            let city = lower.rsplit('/').next().unwrap_or(&lower);
            let score =
                strsim::jaro_winkler(&wanted, &lower).max(strsim::jaro_winkler(&wanted, city));
            (score > 0.88).then_some((score, known))
        })
        .collect();
    scored.sort_by(|left, right| right.0.total_cmp(&left.0));
    scored.into_iter().take(2).map(|(_, known)| known).collect()
}

fn zone_time(zoned: &Zoned) -> ZoneTime {
    let offset_info = zoned.time_zone().to_offset_info(zoned.timestamp());
    ZoneTime {
        timezone: zoned.time_zone().iana_name().unwrap_or("UTC").to_owned(),
        datetime: zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        day_of_week: zoned.strftime("%A").to_string(),
        is_dst: offset_info.dst().is_dst(),
    }
}

/// Seconds as hours with a sign: `+13.0h`, and `+5.75h` for Nepal.
fn hours(seconds: i32) -> String {
    let hours = f64::from(seconds) / 3600.0;
    if seconds % 1800 == 0 {
        format!("{hours:+.1}h")
    } else {
        format!("{hours:+.2}h")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversion(source: &str, time: &str, target: &str) -> Result<Conversion, String> {
        let arguments = ConvertTimeArguments {
            source_timezone: source.to_owned(),
            time: time.to_owned(),
            target_timezone: target.to_owned(),
        };
        convert(&arguments, "2026-07-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_time_is_converted_with_daylight_saving() {
        let conversion = conversion("America/New_York", "16:30", "Asia/Tokyo").unwrap();
        assert_eq!(conversion.source.datetime, "2026-07-01T16:30:00-04:00");
        assert!(conversion.source.is_dst);
        assert_eq!(conversion.target.datetime, "2026-07-02T05:30:00+09:00");
        assert_eq!(conversion.target.day_of_week, "Thursday");
        assert!(!conversion.target.is_dst);
        assert_eq!(conversion.time_difference, "+13.0h");
    }

    #[test]
    fn a_difference_of_quarter_hours_keeps_them() {
        let conversion = conversion("UTC", "0:00", "Asia/Kathmandu").unwrap();
        assert_eq!(conversion.time_difference, "+5.75h");
    }

    #[test]
    fn an_unknown_zone_is_refused_with_a_similar_name() {
        let message = current_time("new york").unwrap_err();
        assert!(message.contains("America/New_York"), "{message}");
        assert!(current_time("").unwrap_err().contains("Europe/Berlin"));
        assert!(current_time(&"x".repeat(65)).unwrap_err().contains("long"));
    }

    #[test]
    fn a_time_of_another_format_is_refused() {
        for time in ["25:00", "4 pm", "12:60", ""] {
            let message = conversion("UTC", time, "UTC").unwrap_err();
            assert!(message.contains("HH:MM"), "{message}");
        }
    }
}
