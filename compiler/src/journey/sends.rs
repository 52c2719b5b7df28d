//! Sends, calls, and the choice of the next best action.

use super::run::{CHANNEL, DUE, Flow, Run, SENT_AT};
use super::waits::SuggestArms;
use crate::expr::{self, Env, Place, words};
use crate::hir::{self, Expr, OfferId, StepKind, Ty, Type, VariableField, VariableKind};
use crate::scope::Kind;
use journey_grammar::ast::{self, Annotation, Arg, Block, Name};
use journey_grammar::codes::Code;
use journey_grammar::diagnostic::Diagnostic;
use journey_grammar::span::Span;
use std::rc::Rc;

impl Run<'_, '_> {
    /// `send M(inputs) by push, else email as mail { sent {} else {} }`
    pub fn send(&mut self, flow: &mut Flow, span: Span, send: &ast::Send) -> Option<StepKind> {
        let cx = self.cx;
        let message = cx.lookup_message(&send.message);
        let args = message.and_then(|m| {
            if cx.names.is_broken(Kind::Message, m) {
                return None;
            }
            let params = cx.program.messages[m].params.clone();
            self.inputs(flow, span, "the message", &send.message, &params, &send.args)
        });
        let channels = self.channels(send, message);
        let alias = match send.alias.as_ref().and_then(|a| self.sends.get(&a.text)) {
            Some(sending) => sending.variable,
            None => {
                let variable = self.send_variable(self.made_up(), span, message);
                self.add(variable)
            }
        };
        flow.pass_time();
        flow.env.facts.know(Place::Field(alias, DUE));
        let outcome = (send.sent.is_some() || send.otherwise.is_some()).then(|| {
            let mut sent = flow.clone();
            sent.env.facts.know(Place::Field(alias, SENT_AT));
            sent.env.facts.know(Place::Field(alias, CHANNEL));
            let mut refused = flow.clone();
            let steps = (
                self.optional_block(&mut sent, send.sent.as_ref()),
                self.optional_block(&mut refused, send.otherwise.as_ref()),
            );
            flow.meet([sent, refused]);
            steps
        });
        Some(StepKind::Send(hir::Send { message: message?, args: args?, channels, alias, outcome }))
    }

    fn channels(&self, send: &ast::Send, message: Option<usize>) -> Vec<usize> {
        let cx = self.cx;
        let mut channels: Vec<usize> = Vec::new();
        let mut spans: Vec<Span> = Vec::new();
        for name in &send.channels {
            let Some(channel) = cx.lookup_channel(name) else { continue };
            if let Some(i) = channels.iter().position(|c| *c == channel) {
                cx.report(
                    Diagnostic::new(
                        Code::ChannelTwice,
                        name.span,
                        format!("`{}` has been tried already", name.text),
                        "named again",
                    )
                    .label(spans[i], "named first")
                    .note("a channel that does not take a message the first time does not take it the second"),
                );
                continue;
            }
            channels.push(channel);
            spans.push(name.span);
            let Some(m) = message else { continue };
            let written = &cx.decls.messages[m].decl.renderings;
            let unclear = cx.names.is_broken(Kind::Message, m)
                || written.iter().any(|r| cx.names.find(Kind::Channel, &r.channel.text).is_none());
            let m = &cx.program.messages[m];
            if !unclear && !m.renderings.iter().any(|r| r.channel == channel) {
                self.no_rendering(m, name);
            }
        }
        channels
    }

    fn no_rendering(&self, message: &hir::Message, channel: &Name) {
        let mut has: Vec<&str> = message
            .renderings
            .iter()
            .filter_map(|r| self.cx.program.channels.get(r.channel))
            .map(|c| c.name.as_str())
            .collect();
        has.sort_unstable();
        has.dedup();
        let mut d = Diagnostic::new(
            Code::NoRendering,
            channel.span,
            format!("the message `{}` says nothing by {}", message.name, channel.text),
            format!("no `{} {{ … }}` in it", channel.text),
        )
        .label(message.about.span, "the message");
        if !has.is_empty() {
            d = d.help(format!("it has words for {}", words::listed(&has)));
            for other in &has {
                d = d.suggest(format!("send it by {other}"), channel.span, other.to_string());
            }
        }
        self.cx.report(d);
    }

    /// `call W(inputs) as r { … } else { … }`
    #[expect(clippy::too_many_arguments, reason = "the parts of one construct")]
    pub fn call(
        &mut self,
        flow: &mut Flow,
        span: Span,
        name: &Name,
        args: &[Arg],
        alias: Option<&Name>,
        then: Option<&Block>,
        otherwise: Option<&Block>,
    ) -> Option<StepKind> {
        let cx = self.cx;
        let webhook = cx.lookup_webhook(name);
        let passed = webhook.and_then(|w| {
            if cx.names.is_broken(Kind::Webhook, w) {
                return None;
            }
            let params = cx.program.webhooks[w].params.clone();
            self.inputs(flow, span, "the webhook", name, &params, args)
        });
        let fields: Vec<VariableField> = webhook
            .map(|w| cx.program.webhooks[w].gives.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|f| VariableField {
                name: f.name.clone(),
                // Without a block for the answer, what follows is also reached when none came.
                ty: Type { ty: f.ty.ty.clone(), optional: f.ty.optional || then.is_none() },
                sources: Vec::new(),
            })
            .collect();
        flow.wait();
        let mut answered = flow.clone();
        let mut failed = flow.clone();
        let alias = alias.filter(|a| self.take_name(a)).map(|a| {
            let kind = match webhook {
                Some(w) => VariableKind::Answer(w),
                None => VariableKind::Event(Vec::new()),
            };
            let variable = hir::Variable { name: a.text.clone(), span: a.span, kind, fields };
            let id = self.add(variable.clone());
            if then.is_some() {
                answered.env.add(id, variable);
            } else {
                flow.env.add(id, variable);
            }
            id
        });
        let then = self.optional_block(&mut answered, then);
        let otherwise = self.optional_block(&mut failed, otherwise);
        flow.meet([answered, failed]);
        Some(StepKind::Call { webhook: webhook?, args: passed?, alias, then, otherwise })
    }

    /// `next best action { from offers @product services  rank by propensity * value  else {} }`
    pub fn next_best(
        &mut self,
        flow: &mut Flow,
        span: Span,
        from: &[Annotation],
        named: &[Name],
        rank: Option<&ast::Expr>,
        otherwise: Option<&Block>,
    ) -> Option<StepKind> {
        let cx = self.cx;
        let head = Span { end: (span.start + "next best action".len() as u32).min(span.end), ..span };
        let offers = self.offers(head, from, named);
        let ranks = match rank {
            Some(rank) => offers.as_ref().and_then(|o| self.ranks(flow, rank, o)),
            None => {
                if !self.broken {
                    cx.report(
                        Diagnostic::new(
                            Code::NoRank,
                            head,
                            "by what the best offer is found is not said",
                            "no `rank by`",
                        )
                        .suggest_arms(
                            cx,
                            "rank by what an offer is likely to bring",
                            span,
                            &["rank by propensity * value"],
                        ),
                    );
                }
                None
            }
        };
        if otherwise.is_none() && !self.broken {
            cx.report(
                Diagnostic::new(
                    Code::ElseMissing,
                    head,
                    "what happens when no offer can be made is not said",
                    "no `else`",
                )
                .note("an offer may be made to those who are eligible, within its limits, and to whom its first message may be sent")
                .suggest_arms(cx, "go on: `else { }`", span, &["else { }"]),
            );
        }
        let mut made = flow.clone();
        made.pass_time();
        let mut none = flow.clone();
        let otherwise = self.optional_block(&mut none, otherwise);
        flow.meet([made, none]);
        Some(StepKind::NextBest { candidates: ranks?, otherwise })
    }

    fn offers(&self, head: Span, from: &[Annotation], named: &[Name]) -> Option<Vec<OfferId>> {
        let cx = self.cx;
        let mut chosen: Vec<OfferId> = Vec::new();
        let mut sound = true;
        for name in named {
            match cx.lookup_offer(name) {
                Some(o) if chosen.contains(&o) => {
                    cx.report(Diagnostic::new(
                        Code::NoOffers,
                        name.span,
                        format!("the offer `{}` is named twice", name.text),
                        "named before",
                    ));
                }
                Some(o) => chosen.push(o),
                None => sound = false,
            }
        }
        if !named.is_empty() {
            chosen.sort_unstable();
            return sound.then_some(chosen);
        }
        let mut places = Vec::new();
        for annotation in from {
            let node =
                cx.lookup_facet(&annotation.facet).and_then(|f| cx.lookup_node(f, &annotation.path).map(|n| (f, n)));
            match node {
                Some(place) => places.push(place),
                None => sound = false,
            }
        }
        if !sound {
            return None;
        }
        let lies_in = |tags: &[(usize, u32)], (facet, node): (usize, u32)| {
            let end = cx.program.facets[facet].nodes[node as usize].end;
            tags.iter().any(|(f, n)| *f == facet && (node..end).contains(n))
        };
        for (id, offer) in cx.program.offers.iter().enumerate() {
            if places.iter().all(|p| lies_in(&offer.about.tags, *p)) {
                chosen.push(id);
            }
        }
        if chosen.is_empty() {
            let unclear = cx.names.has_poisoned(Kind::Offer) || cx.names.is_unclear(Kind::Offer);
            if !unclear && !self.tags_unclear() {
                let at = from.iter().map(|a| a.span).reduce(Span::to).unwrap_or(head);
                let names: Vec<&str> = cx.program.offers.iter().map(|o| o.name.as_str()).take(8).collect();
                let d = Diagnostic::new(
                    Code::NoOffers,
                    at,
                    match from {
                        [] => "there is no offer to choose from".to_string(),
                        _ => format!("no offer carries `{}`", cx.text(at)),
                    },
                    "nothing to choose from",
                );
                cx.report(if names.is_empty() {
                    d
                } else {
                    d.help(format!("there are the offers {}", words::listed(&names)))
                });
            }
            return None;
        }
        Some(chosen)
    }

    /// Whether an annotation of some offer could not be read: then nobody can say which offers carry what.
    fn tags_unclear(&self) -> bool {
        let cx = self.cx;
        cx.decls.offers.iter().zip(&cx.program.offers).any(|(declared, offer)| {
            let written = declared.item.annotations.iter().filter(|a| a.facet.text != "owner").count();
            offer.about.tags.len() < written
        })
    }

    /// The rank of each offer.
    fn ranks(&self, flow: &Flow, rank: &ast::Expr, offers: &[OfferId]) -> Option<Vec<(OfferId, Expr)>> {
        let cx = self.cx;
        let mut used = Vec::new();
        terms(rank, &mut used);
        let mut sound = true;
        for (word, span) in &used {
            let lacking: Vec<OfferId> =
                offers.iter().copied().filter(|o| term(&cx.program.offers[*o], word).is_none()).collect();
            let unclear = lacking.iter().any(|o| cx.names.is_broken(Kind::Offer, *o));
            if lacking.is_empty() {
                continue;
            }
            sound = false;
            if unclear {
                continue;
            }
            let names: Vec<&str> = lacking.iter().map(|o| cx.program.offers[*o].name.as_str()).collect();
            let mut d = Diagnostic::new(
                Code::OfferLacksTerm,
                *span,
                match names.len() {
                    1 => format!("the offer {} has no `{word}`", words::listed(&names)),
                    _ => format!("the offers {} have no `{word}`", words::listed(&names)),
                },
                "offers are ranked by this",
            );
            for o in lacking.iter().take(4) {
                d = d.label(cx.program.offers[*o].about.span, format!("says no `{word}`"));
            }
            cx.report(d.help(format!("say its `{word}`, or leave it out of the choice")));
        }
        if !sound {
            return None;
        }
        let mut ranks: Vec<(OfferId, Expr)> = Vec::new();
        for offer in offers {
            let mut env = Env { ..flow.env.clone() };
            for word in ["propensity", "value", "weight"] {
                if let Some(e) = term(&cx.program.offers[*offer], word) {
                    Rc::make_mut(&mut env.given).insert(word.to_string(), e.clone());
                }
            }
            let mut e = expr::check_known(cx, &env, rank, None);
            match &e.ty.ty {
                Ty::Poison => return None,
                Ty::Number | Ty::Money(_) => {}
                Ty::Percent | Ty::Probability => e.ty.ty = Ty::Number,
                Ty::Int => e = expr::fit(cx, &env, e, &Type { ty: Ty::Number, optional: false }),
                other => {
                    let kind = words::kind(cx, other);
                    cx.report(Diagnostic::new(
                        Code::WrongKind,
                        rank.span,
                        format!("offers cannot be ranked by {kind}"),
                        "a number or an amount is needed",
                    ));
                    return None;
                }
            }
            if let Some((first, before)) = ranks.first()
                && before.ty.ty != e.ty.ty
            {
                let (a, b) = (&cx.program.offers[*first], &cx.program.offers[*offer]);
                cx.report(
                    Diagnostic::new(
                        Code::TwoCurrencies,
                        rank.span,
                        format!(
                            "the offer `{}` is ranked by {} and `{}` by {}",
                            a.name,
                            words::kind(cx, &before.ty.ty),
                            b.name,
                            words::kind(cx, &e.ty.ty)
                        ),
                        "cannot be compared",
                    )
                    .label(a.about.span, words::kind(cx, &before.ty.ty))
                    .label(b.about.span, words::kind(cx, &e.ty.ty)),
                );
                return None;
            }
            ranks.push((*offer, e));
        }
        Some(ranks)
    }
}

fn term<'o>(offer: &'o hir::Offer, word: &str) -> Option<&'o Expr> {
    match word {
        "propensity" => offer.propensity.as_ref(),
        "value" => offer.value.as_ref(),
        _ => offer.weight.as_ref(),
    }
}

/// The words of an offer that a rank names, each once.
fn terms(rank: &ast::Expr, found: &mut Vec<(String, Span)>) {
    match &rank.kind {
        ast::ExprKind::Path(p) => {
            if let [one] = &p.parts[..]
                && matches!(one.text.as_str(), "propensity" | "value" | "weight")
                && !found.iter().any(|(w, _)| *w == one.text)
            {
                found.push((one.text.clone(), one.span));
            }
        }
        ast::ExprKind::Paren(e) | ast::ExprKind::Negate(e) => terms(e, found),
        ast::ExprKind::Binary { left, right, .. } => {
            terms(left, found);
            terms(right, found);
        }
        _ => {}
    }
}
