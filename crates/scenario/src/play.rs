//! Plays a scenario's steps, one after the other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ddns_core::Serial;

use crate::failure::Wrong;
use crate::http::{Received, Request, Unread};
use crate::script::{Action, Cli, Course, Query, Reply, Script, Step};
use crate::stage::{Backing, Stage};
use crate::variables::Variables;
use crate::{dns, http, json};

/// How long `within` waits for the right answer before it counts as wrong.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long `within` pauses before it asks again.
const PAUSE: Duration = Duration::from_millis(2);

/// Plays all steps on a new stage.
pub(crate) fn all(script: &Script, backing: Backing) -> Result<(), (&Step, Wrong)> {
    let Some((first, last)) = script.steps.first().zip(script.steps.last()) else { return Ok(()) };
    let stage = Stage::start(backing).map_err(|reason| (first, Wrong::Broken(reason)))?;
    let mut player =
        Player { stage, variables: Variables::default(), unread: None, serials: BTreeMap::new(), log_entries: None };
    for step in &script.steps {
        player.act(&step.action).map_err(|wrong| (step, wrong))?;
    }
    player.nothing_unread().map_err(|reason| (last, Wrong::Broken(reason)))
}

struct Player {
    stage: Stage,
    variables: Variables,
    /// A reply that has come and is not read.
    unread: Option<Unread>,
    /// Serials as they were last looked at.
    serials: BTreeMap<String, Serial>,
    /// The number of log entries when it was last looked at.
    log_entries: Option<u64>,
}

impl Player {
    fn act(&mut self, action: &Action) -> Result<(), Wrong> {
        match action {
            Action::Cli(cli) => self.command(cli),
            Action::Http(request, reply) => self.request(request, reply.as_ref()),
            Action::Reply(reply) => self.reply(reply),
            Action::Link { to, keep } => self.link(to, keep),
            Action::Dns(query) => self.ask(query),
            Action::Serial(zone, course) => self.serial(zone, *course),
            Action::Log(course) => self.log(*course),
            Action::Time(by) => Ok(self.stage.advance(*by)?),
            Action::Restart => {
                self.nothing_unread()?;
                Ok(self.stage.restart()?)
            }
            Action::Settings(json) => Ok(self.stage.settle(json)?),
        }
    }

    fn command(&mut self, cli: &Cli) -> Result<(), Wrong> {
        let words: Vec<String> = cli.words.iter().map(|word| self.variables.fill(word)).collect::<Result<_, _>>()?;
        let ended = self.stage.command(&words, self.variables.fill(&cli.stdin)?.as_bytes());
        if !cli.unnoticed {
            self.stage.catch_up()?;
        }
        let mut expected = vec![format!("exit {}", cli.exit)];
        let mut got = vec![format!("exit {}", ended.exit)];
        for (label, texts, whole) in [("prints", &cli.prints, &ended.stdout), ("says", &cli.says, &ended.stderr)] {
            for text in texts {
                let text = self.variables.fill(text)?;
                let there = if whole.contains(&text) { &text } else { whole.trim_end() };
                got.extend(there.lines().map(|line| format!("{label} {line}")));
                expected.push(format!("{label} {text}"));
            }
        }
        if cli.exit != ended.exit {
            got.extend(ended.stderr.lines().map(str::to_owned));
        }
        Wrong::unless_same("", expected, got)?;
        if let Some(name) = &cli.keep {
            self.variables.keep(name, &ended.stdout);
        }
        Ok(())
    }

    fn request(&mut self, request: &Request, reply: Option<&Reply>) -> Result<(), Wrong> {
        self.nothing_unread()?;
        let unread = http::send(self.stage.http()?, &self.filled(request)?)?;
        match reply {
            Some(reply) => self.compare(reply, &unread.read()?),
            None => {
                self.unread = Some(unread);
                Ok(())
            }
        }
    }

    fn filled(&self, request: &Request) -> Result<Request, String> {
        let fill = |text: &String| self.variables.fill(text);
        let header = |(name, value): &(String, String)| Ok::<_, String>((name.clone(), fill(value)?));
        Ok(Request {
            method: request.method.clone(),
            target: fill(&request.target)?,
            signed_in: request.signed_in.as_ref().map(fill).transpose()?,
            headers: request.headers.iter().map(header).collect::<Result<_, _>>()?,
            body: request.body.as_ref().map(fill).transpose()?,
        })
    }

    fn reply(&mut self, reply: &Reply) -> Result<(), Wrong> {
        let unread = self.unread.take().ok_or("no reply is waiting to be read".to_owned())?;
        self.compare(reply, &unread.read()?)
    }

    fn link(&mut self, to: &str, keep: &str) -> Result<(), Wrong> {
        let code = self.stage.link_code(&self.variables.fill(to)?)?;
        self.variables.keep(keep, &code);
        Ok(())
    }

    fn compare(&mut self, reply: &Reply, received: &Received) -> Result<(), Wrong> {
        if let Some(name) = &reply.keep {
            self.variables.keep(name, &received.body);
        }
        let mut expected = vec![reply.status.clone()];
        let mut got = vec![received.status.clone()];
        for (name, value) in &reply.headers {
            expected.push(format!("with {name}: {}", self.variables.fill(value)?));
            got.push(format!("with {name}: {}", received.header(name).unwrap_or_else(|| "(not there)".to_owned())));
        }
        if let Some(body) = &reply.body {
            let body = self.variables.fill(body)?;
            let (right, came) = match reply.is_json {
                true => json::lines(&body, &received.body)?,
                false => (body_lines(&body), body_lines(&received.body)),
            };
            expected.extend(right);
            got.extend(came);
        }
        Wrong::unless_same("", expected, got)
    }

    fn ask(&self, query: &Query) -> Result<(), Wrong> {
        let Some(bound) = query.within else { return self.ask_once(query) };
        let begun = Instant::now();
        loop {
            let result = self.ask_once(query);
            let after = begun.elapsed();
            match result {
                Ok(()) if after <= bound => return Ok(()),
                Ok(()) => return Err(Wrong::Late { after, bound }),
                Err(wrong) if after > PATIENCE => return Err(wrong),
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Over UDP and over TCP alike.
    fn ask_once(&self, query: &Query) -> Result<(), Wrong> {
        let (server, name) = (self.stage.dns()?, self.variables.fill(&query.name)?);
        let udp = dns::ask_udp(server, &name, &query.record_type)?.lines()?;
        Wrong::unless_same(" over UDP", query.answer.clone(), with_any_rest(&query.answer, udp))?;
        let tcp = dns::ask_tcp(server, &name, &query.record_type)?.lines()?;
        Wrong::unless_same(" over TCP", query.answer.clone(), with_any_rest(&query.answer, tcp))
    }

    fn serial(&mut self, zone: &str, course: Course) -> Result<(), Wrong> {
        let answer = dns::ask_udp(self.stage.dns()?, zone, "SOA")?;
        let now = answer.serial().ok_or_else(|| format!("{zone} has no SOA record"))?;
        let before = self.serials.insert(zone.to_owned(), now);
        let right = match (course, before) {
            (Course::Noted, _) => true,
            (_, None) => return Err(Wrong::Broken("it has not been looked at before".to_owned())),
            (Course::Unchanged, Some(before)) => now == before,
            (Course::Stepped, Some(before)) => now.is_after(before),
            (Course::Grown(by), Some(before)) => u64::from(now.0.wrapping_sub(before.0)) == by,
        };
        let before = before.unwrap_or_default();
        if right { Ok(()) } else { Err(Wrong::Broken(format!("it was {before} and is {now}"))) }
    }

    fn log(&mut self, course: Course) -> Result<(), Wrong> {
        let now = self.stage.log_entries()?;
        let before = self.log_entries.replace(now);
        let more = match (course, before) {
            (Course::Noted, _) => return Ok(()),
            (_, None) => return Err(Wrong::Broken("it has not been looked at before".to_owned())),
            (Course::Unchanged, Some(_)) => 0,
            (Course::Grown(more), Some(_)) => more,
            (Course::Stepped, _) => return Err(Wrong::Broken("the log is unchanged or +N".to_owned())),
        };
        let before = before.unwrap_or_default();
        let expected = vec![format!("{} entries", before.saturating_add(more))];
        Wrong::unless_same("", expected, vec![format!("{now} entries")])
    }

    fn nothing_unread(&self) -> Result<(), String> {
        if self.unread.is_some() { Err("a reply is still to be read; write REPLY first".to_owned()) } else { Ok(()) }
    }
}

impl From<String> for Wrong {
    fn from(reason: String) -> Wrong {
        Wrong::Broken(reason)
    }
}

/// The lines of an answer as far as anything is expected of them: `…` stands for any further ones.
fn with_any_rest(expected: &[String], mut got: Vec<String>) -> Vec<String> {
    if let Some((last, named)) = expected.split_last()
        && last == "…"
    {
        got.retain(|line| named.contains(line));
        got.push(last.clone());
    }
    got
}

/// A body line by line; each object of a JSON list has a line of its own, so that a difference shows which.
fn body_lines(body: &str) -> Vec<String> {
    let broken = if body.starts_with('[') { body.replace("},{", "},\n{") } else { body.to_owned() };
    broken.lines().map(str::to_owned).collect()
}
