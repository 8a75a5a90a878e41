//! Passes along what shapes say to those that hold with them.

use super::{Shape, ShapeId, Types};

/// No more shapes than this hold for one value; what goes beyond is left to the validator.
const MOST_TOGETHER: usize = 64;

/// How often the types are passed along references and choices. Chains that are longer leave
/// shapes that admit more than they should.
const MOST_PASSES: usize = 16;

/// How a shape hangs together with others that hold for the same value.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// All of these hold too.
    pub(super) also: Vec<ShapeId>,
    /// Of each list, at least one holds.
    pub(super) choices: Vec<Vec<ShapeId>>,
}

/// Tells each shape what those say that hold with it.
pub(super) fn spread(shapes: &mut [Shape], links: &mut [Links]) {
    spread_types(shapes, links);
    spread_defaults(shapes, links);
    link_only_choices(shapes, links);
    for (id, shape) in shapes.iter_mut().enumerate() {
        shape.id = id;
        shape.together = together(id, links);
    }
}

/// Narrows each shape's types by those that hold with it, and by its choices.
fn spread_types(shapes: &mut [Shape], links: &[Links]) {
    for _ in 0..MOST_PASSES {
        let mut changed = false;
        for (id, links) in links.iter().enumerate() {
            let types_of = |id: &ShapeId| {
                shapes
                    .get(*id)
                    .map_or_else(Types::default, |shape| shape.types)
            };
            let also = links.also.iter().map(types_of);
            let choices = links
                .choices
                .iter()
                .map(|choice| choice.iter().map(types_of).fold(Types::NONE, Types::union));
            let types = also.chain(choices).fold(types_of(&id), Types::intersect);
            if let Some(shape) = shapes.get_mut(id)
                && shape.types != types
            {
                shape.types = types;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// Gives the shapes that have no default that of the first one that holds with them.
fn spread_defaults(shapes: &mut [Shape], links: &[Links]) {
    for id in 0..shapes.len() {
        let default = together(id, links)
            .into_iter()
            .find_map(|id| shapes.get(id)?.default.clone());
        if let Some(shape) = shapes.get_mut(id) {
            shape.default = default;
        }
    }
}

/// Where a choice has one alternative beside `null`, that holds for all that is not `null`.
fn link_only_choices(shapes: &[Shape], links: &mut [Links]) {
    let is_null = |id: &ShapeId| shapes.get(*id).is_some_and(|shape| shape.types.only_null());
    for links in links {
        for choice in &links.choices {
            let mut others = choice.iter().filter(|id| !is_null(id));
            if let (Some(only), None) = (others.next(), others.next()) {
                links.also.push(*only);
            }
        }
    }
}

/// The shape and those that hold with it, itself first.
fn together(id: ShapeId, links: &[Links]) -> Vec<ShapeId> {
    let mut all = vec![id];
    let mut next = 0;
    while let Some(links) = all.get(next).and_then(|id| links.get(*id)) {
        for also in &links.also {
            if all.len() < MOST_TOGETHER && !all.contains(also) {
                all.push(*also);
            }
        }
        next += 1;
    }
    all
}
