//! Log lines as text.
//!
//! There is a line for each request, so those are written by a way of their own, which gives the
//! same text for less than half of what the general one costs.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::VisitOutput as _,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{DefaultVisitor, Format, Full, Writer},
    },
    registry::LookupSpan,
};

/// Formats lines; those of one target, at `INFO`, by the short way.
#[derive(Debug)]
pub(super) struct Text {
    /// The target whose lines are many. Their fields are few, and they stand in no span.
    pub(super) frequent: &'static str,
    /// What formats all others.
    pub(super) full: Format<Full>,
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        let is_frequent = metadata.target() == self.frequent && *metadata.level() == Level::INFO;
        if !is_frequent || writer.has_ansi_escapes() {
            return self.full.format_event(context, writer, event);
        }
        write_time(&mut writer, SystemTime::now())?;
        writer.write_str("  INFO ")?;
        let mut fields = Fields {
            writer: writer.by_ref(),
            is_first: true,
            result: Ok(()),
        };
        event.record(&mut fields);
        fields.result?;
        writer.write_char('\n')
    }
}

/// Writes `2026-07-28T12:34:56.123456Z` (RFC 3339, UTC).
fn write_time(writer: &mut Writer<'_>, time: SystemTime) -> fmt::Result {
    thread_local! {
        /// The last second that was written, and its text without the `Z`.
        static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
    }
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != since.as_secs() {
            let exact = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
            let exact = Timestamp::from_second(exact).unwrap_or(Timestamp::MAX);
            text.clear();
            write!(text, "{exact:.0}")?;
            text.pop();
            *second = since.as_secs();
        }
        writer.write_str(text)
    })?;
    writer.write_char('.')?;
    write_digits(writer, since.subsec_micros(), 6)?;
    writer.write_char('Z')
}

/// Writes a number with zeros before it, up to nine digits.
fn write_digits(writer: &mut Writer<'_>, mut number: u32, count: usize) -> fmt::Result {
    let mut digits = [b'0'; 9];
    let Some(digits) = digits.get_mut(..count) else {
        return Err(fmt::Error);
    };
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    writer.write_str(std::str::from_utf8(digits).unwrap_or_default())
}

/// Writes `name=value` for each field. Plain values of plain kinds are copied, and all others
/// left to the general way.
struct Fields<'w> {
    writer: Writer<'w>,
    is_first: bool,
    result: fmt::Result,
}

impl Fields<'_> {
    fn write(
        &mut self,
        field: &Field,
        value: impl FnOnce(&mut Writer<'_>) -> fmt::Result,
    ) -> fmt::Result {
        self.result?;
        if !std::mem::take(&mut self.is_first) {
            self.writer.write_char(' ')?;
        }
        self.writer.write_str(field.name())?;
        self.writer.write_char('=')?;
        value(&mut self.writer)
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        if !value.bytes().all(is_plain) {
            self.record_debug(field, &value);
            return;
        }
        self.result = self.write(field, |writer| {
            writer.write_char('"')?;
            writer.write_str(value)?;
            writer.write_char('"')
        });
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // Up to three decimals and nine digits before them are exact here.
        let thousandths = value * 1000.0;
        let rounded = thousandths.round();
        if !(0.0..1e12).contains(&rounded) || (rounded / 1000.0).to_bits() != value.to_bits() {
            self.record_debug(field, &value);
            return;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and within the bounds above"
        )]
        let thousandths = rounded as u64;
        self.result = self.write(field, |writer| {
            write!(writer, "{}.", thousandths / 1000)?;
            match u32::try_from(thousandths % 1000).unwrap_or_default() {
                fraction if fraction % 100 == 0 => write_digits(writer, fraction / 100, 1),
                fraction if fraction % 10 == 0 => write_digits(writer, fraction / 10, 2),
                fraction => write_digits(writer, fraction, 3),
            }
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.result.is_err() {
            return;
        }
        let mut general = DefaultVisitor::new(self.writer.by_ref(), self.is_first);
        general.record_debug(field, value);
        self.result = general.finish();
        self.is_first = false;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::fmt::{self as subscriber, MakeWriter};

    use super::*;

    const TARGET: &str = "frequent";

    /// What is written, by whichever way.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Written {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    fn written(frequent: &'static str, say: impl Fn()) -> String {
        let written = Written::default();
        let full = Format::default().with_target(false);
        let logging = subscriber::Subscriber::builder()
            .with_writer(written.clone())
            .with_ansi(false)
            .event_format(Text { frequent, full })
            .finish();
        tracing::subscriber::with_default(logging, say);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    /// Without the time, which differs.
    fn after_time(lines: &str) -> Vec<&str> {
        lines.lines().map(|line| line.get(27..).unwrap()).collect()
    }

    #[test]
    fn both_ways_give_the_same_text() {
        let say = || {
            for ms in [
                0.0,
                0.001,
                0.01,
                0.123,
                0.12,
                0.1,
                1.0,
                17.05,
                4_294_967.295,
                1e15,
                0.000_1,
                -1.5,
            ] {
                tracing::info!(target: TARGET, method = "POST", path = "/a b", ms, status = 200_u16);
            }
            for path in ["", "/\"x\"", "\\", "/ä", "/\u{1b}[31m", "a\nb"] {
                tracing::info!(target: TARGET, path, caller = None::<&str>, other = Some("x"));
            }
            tracing::info!(target: TARGET, status = 404_u16, "a message");
        };
        let (fast, full) = (written(TARGET, say), written("nothing", say));
        assert_eq!(after_time(&fast), after_time(&full));
        assert_eq!(fast.lines().count(), 19);
    }

    #[test]
    fn the_time_is_written_as_by_the_general_way() {
        let mut text = String::new();
        for (micros, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (1_785_242_096_000_042, "2026-07-28T12:34:56.000042Z"),
            (1_785_242_096_123_456, "2026-07-28T12:34:56.123456Z"),
            (1_785_242_097_999_999, "2026-07-28T12:34:57.999999Z"),
        ] {
            text.clear();
            let time = UNIX_EPOCH + std::time::Duration::from_micros(micros);
            write_time(&mut Writer::new(&mut text), time).unwrap();
            assert_eq!(text, expected);
        }
    }
}
