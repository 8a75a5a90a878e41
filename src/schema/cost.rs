//! What a schema can cost whoever validates with it.
//!
//! A few hundred bytes of references can describe more work than a machine can do: schemas that
//! each apply the next one twice, or choices that come back to themselves in several of their
//! alternatives. The validator remembers the verdicts of schemas that contain themselves, so its
//! verdict is affordable wherever [`Costs::check`] finds the rest to be. Its list of errors is
//! not: it is only asked for where [`Costs::can_explain`] has counted what that takes.

mod read;

use std::collections::HashMap;

use serde_json::Value;

use super::SchemaError;

/// How many schemas may be applied to one value, whatever the value.
const MOST_VISITS: u64 = 100_000;

/// How many schemas may be applied to one value from within each other: each takes stack.
const DEEPEST: usize = 40;

/// How many visits an explanation may take.
const MOST_EXPLAINED: u64 = 100_000;

/// How deep an explanation may go, over schemas and values together: each step takes stack.
const DEEPEST_EXPLAINED: usize = 500;

/// All schemas that the root one applies, and how. The first is the root.
#[derive(Debug, Default)]
pub(super) struct Costs {
    nodes: Vec<Node>,
}

/// The schemas that one schema applies.
#[derive(Debug, Default)]
struct Node {
    /// To the same value.
    in_place: Vec<usize>,
    /// How often those are applied: `unevaluatedProperties` and `unevaluatedItems` ask again.
    times: u64,
    /// To the member of that name.
    named: HashMap<String, usize>,
    /// To any member.
    members: Vec<usize>,
    /// To the element at that place.
    prefix: Vec<usize>,
    /// To any element.
    elements: Vec<usize>,
}

/// What a schema costs.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    /// How many schemas one value may meet.
    visits: u64,
    /// How many schemas are applied from within each other.
    depth: usize,
}

impl Costs {
    /// Refuses what nobody can afford to validate with. A schema that comes back to itself on
    /// the way to a member or element counts once.
    pub(super) fn check(&self) -> Result<(), SchemaError> {
        #[derive(Clone, Copy)]
        enum State {
            New,
            Open,
            Done(Cost),
        }
        if self.is_endless() {
            return Err(SchemaError::Endless);
        }
        let mut states = vec![State::New; self.nodes.len()];
        let mut stack = vec![0];
        while let Some(id) = stack.last().copied() {
            let Some((node, state)) = self.nodes.get(id).zip(states.get(id).copied()) else {
                return Ok(());
            };
            if let State::New = state {
                for next in node.all() {
                    if let Some(State::New) = states.get(next) {
                        stack.push(next);
                    }
                }
                if let Some(state) = states.get_mut(id) {
                    *state = State::Open;
                }
                continue;
            }
            stack.pop();
            if let State::Done(_) = state {
                continue;
            }
            let cost = node.cost(|next| match states.get(next) {
                Some(State::Done(cost)) => *cost,
                _ => Cost {
                    visits: 1,
                    depth: 1,
                },
            });
            if cost.visits > MOST_VISITS || cost.depth > DEEPEST {
                return Err(SchemaError::TooCostly);
            }
            if let Some(state) = states.get_mut(id) {
                *state = State::Done(cost);
            }
        }
        Ok(())
    }

    /// Whether a schema applies itself to the same value, through however many others: then an
    /// order in which each comes before those that it applies does not exist (Kahn's algorithm).
    fn is_endless(&self) -> bool {
        let mut appliers = vec![0_usize; self.nodes.len()];
        for id in self.nodes.iter().flat_map(|node| &node.in_place) {
            if let Some(count) = appliers.get_mut(*id) {
                *count += 1;
            }
        }
        let free = appliers
            .iter()
            .enumerate()
            .filter(|(_, count)| **count == 0);
        let mut free: Vec<usize> = free.map(|(id, _)| id).collect();
        let mut ordered = 0;
        while let Some(node) = free.pop().and_then(|id| self.nodes.get(id)) {
            ordered += 1;
            for id in &node.in_place {
                if let Some(count) = appliers.get_mut(*id) {
                    *count -= 1;
                    if *count == 0 {
                        free.push(*id);
                    }
                }
            }
        }
        ordered < self.nodes.len()
    }

    /// Whether all errors of `value` can be listed. Unlike a verdict, the list has a place for
    /// every alternative of every alternative, and nothing is remembered.
    pub(super) fn can_explain(&self, value: &Value) -> bool {
        let mut walk = Walk {
            nodes: &self.nodes,
            known: HashMap::new(),
        };
        walk.visits(0, value, DEEPEST_EXPLAINED).is_some()
    }
}

impl Node {
    fn all(&self) -> impl Iterator<Item = usize> {
        let lists = [&self.in_place, &self.members, &self.prefix, &self.elements];
        let listed = lists.into_iter().flatten();
        listed.chain(self.named.values()).copied()
    }

    fn cost(&self, of: impl Fn(usize) -> Cost) -> Cost {
        let sum = |ids: &[usize]| {
            ids.iter()
                .fold(0_u64, |sum, id| sum.saturating_add(of(*id).visits))
        };
        let one = self.named.values().chain(&self.prefix);
        let one = one.map(|id| of(*id).visits).max().unwrap_or_default();
        let inside = sum(&self.members).saturating_add(sum(&self.elements));
        let in_place = sum(&self.in_place).saturating_mul(self.times);
        let depth = self.in_place.iter().map(|id| of(*id).depth).max();
        Cost {
            visits: one
                .saturating_add(inside)
                .saturating_add(in_place)
                .saturating_add(1),
            depth: depth.unwrap_or_default() + 1,
        }
    }
}

/// Counts what a value costs.
struct Walk<'a> {
    nodes: &'a [Node],
    known: HashMap<(usize, *const Value), u64>,
}

impl Walk<'_> {
    /// How many schemas are applied below this one, or `None` if they are too many, or too deep.
    fn visits(&mut self, id: usize, value: &Value, deepest: usize) -> Option<u64> {
        let deepest = deepest.checked_sub(1)?;
        let place = (id, std::ptr::from_ref(value));
        if let Some(visits) = self.known.get(&place) {
            return Some(*visits);
        }
        let nodes = self.nodes;
        let Some(node) = nodes.get(id) else {
            return Some(0);
        };
        let mut visits = 0_u64;
        for next in &node.in_place {
            let more = self.visits(*next, value, deepest)?;
            visits = visits.saturating_add(more.saturating_mul(node.times));
        }
        let mut inside = |next: &usize, value: &Value| {
            visits = visits.saturating_add(self.visits(*next, value, deepest)?);
            (visits < MOST_EXPLAINED).then_some(())
        };
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    for next in node.named.get(name).into_iter().chain(&node.members) {
                        inside(next, member)?;
                    }
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    for next in node.prefix.get(index).into_iter().chain(&node.elements) {
                        inside(next, element)?;
                    }
                }
            }
            _ => {}
        }
        visits += 1;
        let affordable = u64::try_from(self.known.len()).is_ok_and(|known| known < MOST_EXPLAINED);
        if visits >= MOST_EXPLAINED || !affordable {
            return None;
        }
        self.known.insert(place, visits);
        Some(visits)
    }
}
