//! What an operation answers, in all statuses and media types.
//!
//! What many operations answer alike is kept once, and so is each definition that their schemas
//! point to, so that the whole is no larger than what the documents say.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Version;
use super::definitions::Definitions as Written;
use super::media_type::{Kind, MCP_RESULT, kind};
use super::objects::says_anything;
use super::parameters::is_no_parameter;
use super::resolve::Place;
use super::schemas::{Direction, MOST_NOTES, Schemas, Words};
use super::text::{DefinitionId, Fragment};
use crate::openapi::api::{
    Definition, Definitions, Header, Response, SchemaText, Statuses, is_given_back,
};
use crate::openapi::names::unused;

/// A schema has no more bytes than these; of a larger one nothing is told.
const MOST_SCHEMA_BYTES: usize = 1024 * 1024;

/// All responses of an API, and what they point to, have no more bytes than about this.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A response has no more media types than these.
const MOST_MEDIA_TYPES: usize = 100;

/// The responses of an operation that is being read.
pub(super) struct Asked<'a, 'd> {
    pub(super) operation: Place<'d>,
    /// What version 2.0 says of the media types of all of them.
    pub(super) produces: &'a [&'d str],
    /// Whether answers have no bodies, as those to HEAD.
    pub(super) is_bodiless: bool,
}

/// Reads the responses of all operations of an API.
#[derive(Default)]
pub(super) struct ResponseReader<'d> {
    known: HashSet<Arc<Response>>,
    /// What was read at a place, for operations that produce these media types.
    by_place: HashMap<(*const crate::json::tree::Tree, Vec<&'d str>), Arc<Response>>,
    reached: HashSet<DefinitionId>,
    /// Those of which nothing can be told.
    broken: HashSet<DefinitionId>,
    size: usize,
}

impl<'d> ResponseReader<'d> {
    /// The responses of an operation, sorted by statuses.
    pub(super) fn read(
        &mut self,
        schemas: &mut Schemas<'_, 'd>,
        asked: &Asked<'_, 'd>,
        notes: &mut Vec<String>,
    ) -> Vec<(Statuses, Arc<Response>)> {
        let mut all: Vec<(Statuses, Arc<Response>)> = Vec::new();
        for (name, place) in asked.operation.map("responses") {
            let mut tell = |reason: &str| {
                if notes.len() < MOST_NOTES {
                    notes.push(format!("its answers with {name:?} are not told: {reason}"));
                }
            };
            let Some(statuses) = Statuses::named(name) else {
                if !name.starts_with("x-") {
                    tell("this is no status, nor a class of them as `4XX`");
                }
                continue;
            };
            if all.iter().any(|(known, _)| *known == statuses) {
                continue;
            }
            if self.size > MOST_BYTES {
                tell("those of the API have too many bytes already");
                continue;
            }
            let has_body = !asked.is_bodiless && may_have_body(statuses);
            let produces = if has_body { asked.produces } else { &[] };
            match self.response(schemas, place, produces, asked.is_bodiless) {
                Ok((response, found)) => {
                    for reason in &found {
                        tell(reason);
                    }
                    all.push((statuses, response));
                }
                Err(reason) => tell(&reason),
            }
        }
        all.sort_by_key(|(statuses, _)| *statuses);
        all
    }

    /// What all the schemas point to.
    pub(super) fn finish(self, written: Written<'d>) -> Definitions {
        let mut taken = HashMap::new();
        let all = written.into_written().enumerate();
        let all = all.map(|(id, (name, schema))| {
            if !self.reached.contains(&id) {
                return None;
            }
            let schema = schema.filter(|_| !self.broken.contains(&id));
            let schema =
                schema.map(|schema| Rc::try_unwrap(schema).unwrap_or_else(|it| (*it).clone()));
            Some(Definition {
                name: unused(name, &mut taken),
                schema: text(schema.unwrap_or_else(Fragment::any)),
            })
        });
        Definitions(all.collect())
    }

    /// One response, and what of it is left out.
    fn response(
        &mut self,
        schemas: &mut Schemas<'_, 'd>,
        place: Place<'d>,
        produces: &[&'d str],
        is_bodiless: bool,
    ) -> Result<(Arc<Response>, Vec<String>), String> {
        schemas.resolver.spend(1)?;
        let place = schemas.resolver.follow(place)?;
        let key = (place.identity(), produces.to_vec());
        if let Some(response) = self.by_place.get(&key).filter(|_| !is_bodiless) {
            return Ok((Arc::clone(response), Vec::new()));
        }
        let mut notes = Vec::new();
        let description = place.text("description").or_else(|| place.text("summary"));
        let mut response = Response {
            description: description.unwrap_or_default().trim().to_owned(),
            ..Response::default()
        };
        for (name, header) in place.map("headers") {
            if let Err(reason) = self.header(schemas, name, header, &mut response.headers) {
                notes.push(reason);
            }
        }
        if !is_bodiless && schemas.version == Version::V2 {
            self.old_content(schemas, place, produces, &mut response, &mut notes);
        } else if !is_bodiless {
            for (media_type, media) in place.map("content").take(MOST_MEDIA_TYPES) {
                if media_type == MCP_RESULT {
                    continue;
                }
                let schema = self.media(schemas, media).unwrap_or_else(|reason| {
                    notes.push(reason);
                    None
                });
                response.content.push((media_type.to_owned(), schema));
            }
        }
        let response = self.kept(response);
        if !is_bodiless {
            self.by_place.insert(key, Arc::clone(&response));
        }
        Ok((response, notes))
    }

    /// The same response in one place in memory, however often it is said.
    fn kept(&mut self, response: Response) -> Arc<Response> {
        if let Some(known) = self.known.get(&response) {
            return Arc::clone(known);
        }
        let headers = response.headers.iter();
        let headers: usize = headers.map(|it| 200 + size(it.schema.as_ref())).sum();
        let content = response.content.iter();
        let content = content.map(|(name, schema)| 100 + name.len() + size(schema.as_ref()));
        self.size += 200 + response.description.len() + headers + content.sum::<usize>();
        let response = Arc::new(response);
        self.known.insert(Arc::clone(&response));
        response
    }

    fn media(
        &mut self,
        schemas: &mut Schemas<'_, 'd>,
        media: Place<'d>,
    ) -> Result<Option<SchemaText>, String> {
        let media = schemas.resolver.follow(media)?;
        if let Some(schema) = media.get("schema") {
            return self.schema(schemas, schema, &Words::default());
        }
        // OpenAPI 3.2: such a body is a list of these, which 3.1 can say by a schema alone.
        let Some(item) = media.get("itemSchema") else {
            return Ok(None);
        };
        let mut list = Fragment::default();
        list.push(r#"{"type":"array","items":"#);
        schemas.write(item, Direction::Response, &mut list)?;
        list.push("}");
        self.taken(schemas, list).map(Some)
    }

    /// The body in version 2.0, whose schema holds for all media types. Those without a schema can
    /// come all the same, whatever the specification says: pictures are described so.
    fn old_content(
        &mut self,
        schemas: &mut Schemas<'_, 'd>,
        place: Place<'d>,
        produces: &[&'d str],
        response: &mut Response,
        notes: &mut Vec<String>,
    ) {
        let schema = place.get("schema");
        let is_file = schema.is_some_and(|schema| {
            let target = schemas.resolver.follow(schema);
            target.is_ok_and(|target| target.text("type") == Some("file"))
        });
        let written = schema.filter(|_| !is_file).map_or(Ok(None), |schema| {
            self.schema(schemas, schema, &Words::default())
        });
        let written = written.unwrap_or_else(|reason| {
            notes.push(reason);
            None
        });
        let otherwise = match (schema, is_file) {
            (None, _) => None,
            (Some(_), true) => Some("*/*"),
            (Some(_), false) => Some("application/json"),
        };
        let otherwise = otherwise.filter(|_| produces.is_empty());
        let types = produces.iter().copied().chain(otherwise);
        for media_type in types.filter(|it| *it != MCP_RESULT).take(MOST_MEDIA_TYPES) {
            if response
                .content
                .iter()
                .any(|(known, _)| known == media_type)
            {
                continue;
            }
            let schema = written.clone().filter(|_| kind(media_type) != Kind::Binary);
            response.content.push((media_type.to_owned(), schema));
        }
    }

    fn header(
        &mut self,
        schemas: &mut Schemas<'_, 'd>,
        name: &str,
        header: Place<'d>,
        headers: &mut Vec<Header>,
    ) -> Result<(), String> {
        let is_known = headers.iter().any(|it| it.name.eq_ignore_ascii_case(name));
        if is_no_parameter(name) || !is_given_back(&name.to_ascii_lowercase()) || is_known {
            return Ok(());
        }
        let header = schemas.resolver.follow(header)?;
        let mut words = Words::default();
        let schema = if schemas.version == Version::V2 {
            words.is_parameter = true;
            Some(header)
        } else {
            let content = || header.map("content").next()?.1.get("schema");
            header.get("schema").or_else(content)
        };
        let schema = schema.map_or(Ok(None), |schema| self.schema(schemas, schema, &words));
        let (schema, result) = match schema {
            Ok(schema) => (schema, Ok(())),
            Err(reason) => (None, Err(reason)),
        };
        headers.push(Header {
            name: name.to_owned(),
            description: header.text("description").map(str::to_owned),
            is_required: header.is_true("required"),
            schema,
        });
        result
    }

    /// A schema, where it says anything.
    fn schema(
        &mut self,
        schemas: &mut Schemas<'_, 'd>,
        schema: Place<'d>,
        words: &Words<'d>,
    ) -> Result<Option<SchemaText>, String> {
        if !says_anything(schemas.resolver.follow(schema)?) {
            return Ok(None);
        }
        let mut fragment = Fragment::default();
        schemas.write_with(schema, words, Direction::Response, &mut fragment)?;
        self.taken(schemas, fragment).map(Some)
    }

    /// What was written, with all that it points to written too.
    fn taken(
        &mut self,
        schemas: &mut Schemas<'_, 'd>,
        fragment: Fragment,
    ) -> Result<SchemaText, String> {
        if fragment.size() > MOST_SCHEMA_BYTES {
            return Err(format!("a schema has more than {MOST_SCHEMA_BYTES} bytes"));
        }
        let mut waiting: Vec<DefinitionId> = fragment.holes.iter().map(|(_, id)| *id).collect();
        while let Some(id) = waiting.pop() {
            if !self.reached.insert(id) {
                continue;
            }
            match schemas.definition(id, Direction::Response) {
                Ok(definition)
                    if self.size + definition.size() <= MOST_BYTES
                        && definition.size() <= MOST_SCHEMA_BYTES =>
                {
                    self.size += definition.size();
                    waiting.extend(definition.holes.iter().map(|(_, id)| *id));
                }
                Ok(_) | Err(_) => {
                    self.broken.insert(id);
                }
            }
        }
        Ok(text(fragment))
    }
}

/// RFC 9110 sections 15.2, 15.3.5, 15.3.6 and 15.4.5.
fn may_have_body(statuses: Statuses) -> bool {
    !matches!(
        statuses,
        Statuses::One(100..200 | 204 | 205 | 304) | Statuses::Class(1)
    )
}

fn size(schema: Option<&SchemaText>) -> usize {
    schema.map_or(0, |schema| schema.text.len() + schema.holes.len() * 16)
}

fn text(fragment: Fragment) -> SchemaText {
    SchemaText {
        text: fragment.text,
        holes: fragment.holes,
    }
}
