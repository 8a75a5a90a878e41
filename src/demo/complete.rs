//! Completion of time zone names, for the resource template and the prompt that take one.

use rmcp::ErrorData;
use rmcp::model::{CompleteRequestParams, CompleteResult, CompletionInfo, Reference};

use super::{resources, time};

/// Answers `completion/complete`. Arguments that are no time zone have no suggestions.
pub(super) fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let takes_zone = match &request.r#ref {
        Reference::Resource(template) => {
            template.uri == resources::TIME_TEMPLATE && request.argument.name == "zone"
        }
        Reference::Prompt(prompt) => {
            prompt.name == "plan_meeting" && request.argument.name == "timezone"
        }
        _ => false,
    };
    let names = if takes_zone {
        matching_zones(&request.argument.value)
    } else {
        Vec::new()
    };
    let total = names.len();
    let values: Vec<String> = names.into_iter().take(CompletionInfo::MAX_VALUES).collect();
    let has_more = total > values.len();
    let completion = CompletionInfo::with_pagination(values, u32::try_from(total).ok(), has_more)
        .map_err(|message| ErrorData::internal_error(message, None))?;
    Ok(CompleteResult::new(completion))
}

/// The zones whose name contains the text, those that start with it first.
fn matching_zones(text: &str) -> Vec<String> {
    let wanted = text.to_lowercase().replace(' ', "_");
    let mut matching: Vec<(usize, String)> = time::zone_names()
        .filter_map(|name| {
            let position = name.to_lowercase().find(&wanted)?;
            Some((position, name))
        })
        .collect();
    matching.sort();
    matching.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use rmcp::model::ArgumentInfo;

    use super::*;

    fn completions(reference: Reference, argument: &str, value: &str) -> CompletionInfo {
        let request = CompleteRequestParams::new(reference, ArgumentInfo::new(argument, value));
        complete(&request).unwrap().completion
    }

    #[test]
    fn a_zone_is_completed_from_any_part_of_its_name() {
        let template = Reference::for_resource("time://{zone}");
        let completion = completions(template, "zone", "new yo");
        assert!(completion.values.contains(&"America/New_York".to_owned()));
        let completion = completions(Reference::for_prompt("plan_meeting"), "timezone", "europe/");
        assert!(completion.values[0].starts_with("Europe/"));
    }

    #[test]
    fn no_more_than_a_hundred_values_are_given() {
        let completion = completions(Reference::for_resource("time://{zone}"), "zone", "");
        assert_eq!(completion.values.len(), 100);
        assert_eq!(completion.has_more, Some(true));
    }

    #[test]
    fn another_argument_has_no_completions() {
        let completion = completions(Reference::for_prompt("plan_meeting"), "topic", "e");
        assert!(completion.values.is_empty());
    }
}
