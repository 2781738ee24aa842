//! Reads a scenario's text, line by line.

use std::time::Duration;

use super::{ANY, Action, Cli, Course, Misread, Query, Reply, Script, Step};
use crate::http::Request;

pub(super) fn script(text: &str) -> Result<Script, Misread> {
    let written = written_out(text)?;
    let steps: Vec<Step> = blocks(&written)?.into_iter().map(Block::step).collect::<Result<_, _>>()?;
    match steps.is_empty() {
        false => Ok(Script { steps }),
        true => Err(Misread { line: 1, reason: "there is no step".to_owned() }),
    }
}

/// A line at the margin, and the indented lines that belong to it.
struct Block<'t> {
    head: Line<'t>,
    lines: Vec<Line<'t>>,
}

#[derive(Clone, Copy)]
struct Line<'t> {
    number: usize,
    text: &'t str,
}

/// A line of the file that means something.
struct Written {
    number: usize,
    is_step: bool,
    text: String,
}

/// The lines as if nothing in the file were repeated by `EACH`: first those that belong to steps, then steps with theirs.
fn written_out(text: &str) -> Result<Vec<Written>, Misread> {
    let mut steps: Vec<Vec<Written>> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let is_step = !line.starts_with(char::is_whitespace);
        let here = Written { number, is_step, text: line.trim().to_owned() };
        match (here.text.is_empty() || line.starts_with('#'), is_step, steps.last_mut()) {
            (true, ..) => {}
            (false, false, Some(step)) => step.extend(each(vec![here])?),
            (false, ..) => steps.push(vec![here]),
        }
    }
    Ok(steps.into_iter().map(each).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// `EACH 1..200 …` is `…` for each number from the one to the other, which `{n}` stands for.
fn each(lines: Vec<Written>) -> Result<Vec<Written>, Misread> {
    let Some((head, rest)) = lines.split_first() else { return Ok(lines) };
    let Some(repeated) = head.text.strip_prefix("EACH ") else { return Ok(lines) };
    let wrong =
        || Misread { line: head.number, reason: format!("{}\n    write EACH 1..200 and what is repeated", head.text) };
    let (numbers, text) = repeated.split_once(' ').ok_or_else(wrong)?;
    let (first, last) = numbers.split_once("..").ok_or_else(wrong)?;
    let (first, last): (u16, u16) = first.parse().ok().zip(last.parse().ok()).ok_or_else(wrong)?;
    let of = |line: &Written, text: &str, n: u16| {
        let text = text.trim().replace("{n}", &n.to_string());
        Written { text, ..*line }
    };
    let all = |n| std::iter::once(of(head, text, n)).chain(rest.iter().map(move |line| of(line, &line.text, n)));
    Ok((first..=last).flat_map(all).collect())
}

fn blocks(lines: &[Written]) -> Result<Vec<Block<'_>>, Misread> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in lines {
        let here = Line { number: line.number, text: &line.text };
        if line.is_step {
            blocks.push(Block { head: here, lines: Vec::new() });
        } else if let Some(block) = blocks.last_mut() {
            block.lines.push(here);
        } else {
            return Err(here.misread("this line belongs to no step"));
        }
    }
    Ok(blocks)
}

impl<'t> Block<'t> {
    fn step(mut self) -> Result<Step, Misread> {
        let (line, head) = (self.head.number, self.head.text.to_owned());
        if let Some((front, expected)) = self.head.text.split_once(" -> ") {
            let arrow = Line { number: line, text: self.head.text.get(front.len()..).unwrap_or(expected).trim() };
            self.head.text = front.trim_end();
            self.lines.insert(0, arrow);
        }
        Ok(Step { line, head, action: self.action()? })
    }

    fn action(&self) -> Result<Action, Misread> {
        let (word, rest) = self.head.text.split_once(' ').unwrap_or((self.head.text, ""));
        let rest = rest.trim();
        match word {
            "CLI" => self.cli(rest, false).map(Action::Cli),
            "UNNOTICED" => {
                let rest = rest.strip_prefix("CLI ").ok_or_else(|| self.head.misread("write UNNOTICED CLI words"))?;
                self.cli(rest, true).map(Action::Cli)
            }
            "HTTP" => self.http(rest),
            "REPLY" => Ok(Action::Reply(Reply { keep: kept(rest).1, ..self.reply(&self.lines)? })),
            "LINK" => self.link(rest),
            "DNS" => self.dns(rest).map(Action::Dns),
            "SETTINGS" => Ok(Action::Settings(body(std::iter::once(rest).chain(self.texts())).unwrap_or_default())),
            _ => self.alone(word, rest),
        }
    }

    /// Steps of one line.
    fn alone(&self, word: &str, rest: &str) -> Result<Action, Misread> {
        if let Some(line) = self.lines.first() {
            return Err(line.misread("nothing can belong to this step"));
        }
        match (word, rest) {
            ("SERIAL", rest) => self.serial(rest),
            ("LOG", rest) => self.course(rest).map(Action::Log),
            ("TIME", rest) => Ok(Action::Time(self.head.duration(rest)?)),
            ("RESTART", "") => Ok(Action::Restart),
            _ => Err(self.head.misread("there is no such step")),
        }
    }

    fn cli(&self, rest: &str, unnoticed: bool) -> Result<Cli, Misread> {
        let (rest, keep) = kept(rest);
        let (rest, stdin) = rest.split_once(" < ").unwrap_or((rest, ""));
        let words = words(rest).ok_or_else(|| self.head.misread("a quote is not closed"))?;
        let stdin = if stdin.is_empty() { String::new() } else { format!("{}\n", stdin.trim()) };
        let mut cli = Cli { words, stdin, keep, exit: 0, prints: Vec::new(), says: Vec::new(), unnoticed };
        for line in &self.lines {
            match line.text.split_once(' ') {
                Some(("->", exit)) => cli.exit = line.exit_code(exit)?,
                Some(("prints", text)) => cli.prints.push(text.trim().to_owned()),
                Some(("says", text)) => cli.says.push(text.trim().to_owned()),
                _ => return Err(line.misread("a command line has `-> exit N`, `prints TEXT` and `says TEXT`")),
            }
        }
        Ok(cli)
    }

    fn link(&self, rest: &str) -> Result<Action, Misread> {
        if let Some(line) = self.lines.first() {
            return Err(line.misread("nothing can belong to this step"));
        }
        match kept(rest) {
            (to, Some(keep)) if !to.is_empty() => Ok(Action::Link { to: to.to_owned(), keep }),
            _ => Err(self.head.misread("write LINK address => $name")),
        }
    }

    fn http(&self, rest: &str) -> Result<Action, Misread> {
        let wrong = || self.head.misread("write HTTP METHOD /target");
        let (rest, keep) = kept(rest);
        let (method, target) = rest.split_once(' ').ok_or_else(wrong)?;
        let arrow = self.lines.iter().position(|line| line.text.starts_with("->")).unwrap_or(self.lines.len());
        let (asked, expected) = self.lines.split_at(arrow);
        let mut request = Request { method: method.to_owned(), target: target.trim().to_owned(), ..Request::default() };
        let mut text = Vec::new();
        for line in asked {
            match line.text.split_once(' ') {
                Some(("as", who)) => request.signed_in = Some(who.trim().to_owned()),
                Some(("from", address)) => request.headers.push(("X-Forwarded-For".to_owned(), address.to_owned())),
                Some(("with", header)) => request.headers.push(line.header(header)?),
                _ => text.push(line.text),
            }
        }
        request.body = body(text);
        match (expected.is_empty(), keep) {
            (true, None) => Ok(Action::Http(request, None)),
            (true, Some(_)) => Err(self.head.misread("a reply that is not read cannot be kept")),
            (false, keep) => Ok(Action::Http(request, Some(Reply { keep, ..self.reply(expected)? }))),
        }
    }

    fn reply(&self, lines: &[Line<'_>]) -> Result<Reply, Misread> {
        let missing = || self.head.misread("a reply is expected with `-> STATUS`");
        let (first, lines) = lines.split_first().ok_or_else(missing)?;
        let status = first.text.strip_prefix("->").ok_or_else(missing)?.trim();
        let (status, is_json) = status.strip_suffix(" as JSON").map_or((status, false), |status| (status, true));
        let mut headers = Vec::new();
        let mut text = Vec::new();
        for line in lines {
            match line.text.split_once(' ') {
                Some(("with", header)) => headers.push(line.header(header)?),
                _ => text.push(line.text),
            }
        }
        let body = if text == [ANY] { None } else { Some(body(text).unwrap_or_default()) };
        Ok(Reply { status: status.trim().to_owned(), headers, body, is_json, keep: None })
    }

    fn dns(&self, rest: &str) -> Result<Query, Misread> {
        let wrong = || self.head.misread("write DNS name TYPE, and below it -> RCODE flags");
        let mut asked = rest.split_whitespace();
        let (name, record_type) = asked.next().zip(asked.next()).ok_or_else(wrong)?;
        let within = match (asked.next(), asked.next(), asked.next()) {
            (None, _, _) => None,
            (Some("within"), Some(bound), None) => Some(self.head.duration(bound)?),
            _ => return Err(wrong()),
        };
        let (first, records) = self.lines.split_first().ok_or_else(wrong)?;
        let verdict = first.text.strip_prefix("->").ok_or_else(wrong)?;
        let mut records: Vec<String> = records.iter().map(|line| spaced(line.text)).collect();
        records.sort();
        let answer = std::iter::once(spaced(verdict)).chain(records).collect();
        Ok(Query { name: name.to_owned(), record_type: record_type.to_owned(), within, answer })
    }

    fn serial(&self, rest: &str) -> Result<Action, Misread> {
        let (zone, course) = rest.split_once(' ').unwrap_or((rest, ""));
        let course = self.course(course)?;
        Ok(Action::Serial(zone.to_owned(), course))
    }

    fn course(&self, text: &str) -> Result<Course, Misread> {
        let grown = || text.strip_prefix('+')?.parse().ok().map(Course::Grown);
        match text.trim() {
            "" => Ok(Course::Noted),
            "unchanged" => Ok(Course::Unchanged),
            "stepped" => Ok(Course::Stepped),
            _ => grown().ok_or_else(|| self.head.misread("it is unchanged, stepped or +N")),
        }
    }

    fn texts(&self) -> impl Iterator<Item = &'t str> {
        self.lines.iter().map(|line| line.text)
    }
}

impl Line<'_> {
    fn misread(&self, reason: &str) -> Misread {
        Misread { line: self.number, reason: format!("{}\n    {reason}", self.text) }
    }

    fn exit_code(&self, text: &str) -> Result<u8, Misread> {
        let code = text.trim().strip_prefix("exit ").and_then(|code| code.trim().parse().ok());
        code.ok_or_else(|| self.misread("write -> exit N"))
    }

    fn header(&self, text: &str) -> Result<(String, String), Misread> {
        let (name, value) = text.split_once(':').ok_or_else(|| self.misread("write with Name: value"))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    }

    fn duration(&self, text: &str) -> Result<Duration, Misread> {
        let (count, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let micros: u64 = match unit {
            "ms" => 1_000,
            "s" => 1_000_000,
            "min" => 60_000_000,
            "h" => 3_600_000_000,
            "d" => 86_400_000_000,
            _ => 0,
        };
        let count: Option<u64> = count.parse().ok().filter(|_| micros > 0);
        let micros = count.and_then(|count| count.checked_mul(micros));
        micros.map(Duration::from_micros).ok_or_else(|| self.misread("a time is 100ms, 61s, 5min, 2h or 30d"))
    }
}

/// A body's lines, or none. JSON is one line on the wire, wherever it is broken here; `""` alone is an empty line.
fn body<'t>(lines: impl IntoIterator<Item = &'t str>) -> Option<String> {
    let lines: Vec<&str> = lines.into_iter().map(|line| if line == "\"\"" { "" } else { line }).collect();
    let first = lines.first()?;
    Some(lines.join(if first.starts_with(['{', '[']) { "" } else { "\n" }))
}

/// What stands before `=> $name`, and the name.
fn kept(text: &str) -> (&str, Option<String>) {
    match text.rsplit_once("=> $") {
        Some((text, name)) => (text.trim(), Some(name.trim().to_owned())),
        None => (text, None),
    }
}

/// With single spaces.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words between blanks; double quotes keep blanks.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut quoted = false;
    for part in text.split('"') {
        if quoted {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
        quoted = !quoted;
    }
    quoted.then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Action {
        script(text).unwrap().steps.remove(0).action
    }

    #[test]
    fn a_command_line_is_words_a_line_and_a_name() {
        let Action::Cli(cli) =
            one("CLI account add joe --label \"a b\" < correct horse => $x\n  -> exit 4\n  says no way")
        else {
            panic!("a command line")
        };
        assert_eq!(cli.words, ["account", "add", "joe", "--label", "a b"]);
        assert_eq!((cli.stdin.as_str(), cli.keep.as_deref(), cli.exit), ("correct horse\n", Some("x"), 4));
        assert_eq!(cli.says, ["no way"]);
    }

    #[test]
    fn a_request_ends_where_its_reply_begins() {
        let text = "HTTP PUT /hosts/a\n  as joe:x\n  {\"ttl\":\n   60}\n  -> 200\n  with A: b\n  [{},\n   {}]";
        let Action::Http(request, Some(reply)) = one(text) else { panic!("a request") };
        assert_eq!((request.body.as_deref(), request.signed_in.as_deref()), (Some("{\"ttl\":60}"), Some("joe:x")));
        assert_eq!((reply.status.as_str(), reply.body.as_deref()), ("200", Some("[{},{}]")));
        assert_eq!(reply.headers, [("A".to_owned(), "b".to_owned())]);
        let Action::Http(_, Some(reply)) = one("HTTP GET / -> 204") else { panic!("a request") };
        assert_eq!((reply.status.as_str(), reply.body.as_deref()), ("204", Some("")));
        let Action::Http(_, Some(reply)) = one("HTTP GET /a\n  -> 200 as JSON\n  {}") else { panic!("a request") };
        assert_eq!((reply.status.as_str(), reply.is_json), ("200", true));
        let Action::Reply(reply) = one("REPLY => $c\n  -> 200") else { panic!("a reply") };
        assert_eq!(reply.keep.as_deref(), Some("c"));
        let Action::Http(_, None) = one("HTTP GET /") else { panic!("a request without a reply") };
        let Action::Http(request, Some(reply)) = one("HTTP POST /a/$b => $c -> 201\n  …") else {
            panic!("a request")
        };
        assert_eq!((request.target.as_str(), reply.keep.as_deref(), reply.body), ("/a/$b", Some("c"), None));
    }

    #[test]
    fn a_link_is_kept() {
        let Action::Link { to, keep } = one("LINK joe@a.example => $code") else { panic!("a link") };
        assert_eq!((to.as_str(), keep.as_str()), ("joe@a.example", "code"));
    }

    #[test]
    fn a_question_has_its_answer() {
        let Action::Dns(query) = one("DNS a.example A within 100ms\n  -> NOERROR  aa\n  b. 60  A 1\n  a. 60 A 2")
        else {
            panic!("a question")
        };
        assert_eq!(query.answer, ["NOERROR aa", "a. 60 A 2", "b. 60 A 1"]);
        assert_eq!(query.within, Some(Duration::from_millis(100)));
    }

    #[test]
    fn steps_and_lines_are_repeated_for_each_number() {
        let repeated =
            script("EACH 9..10 DNS h{n}.example A\n  -> NOERROR aa\n  EACH 1..2 h{n}.example. 60 A 192.0.2.{n}\n");
        let written = "DNS h9.example A\n  -> NOERROR aa\n  h1.example. 60 A 192.0.2.1\n  h2.example. 60 A 192.0.2.2\n";
        let written = script(&format!("{written}{}", written.replace("h9", "h10")));
        let actions =
            |script: Result<Script, _>| script.unwrap().steps.into_iter().map(|step| step.action).collect::<Vec<_>>();
        assert_eq!(actions(repeated), actions(written));
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_line() {
        for (text, line) in [
            ("", 1),
            ("  indented", 1),
            ("\n# a\nFLY", 3),
            ("RESTART now", 1),
            ("RESTART\n  -> 200", 2),
            ("TIME 5", 1),
            ("TIME s", 1),
            ("DNS a.example", 1),
            ("DNS a.example A", 1),
            ("DNS a.example A soon\n  -> NOERROR", 1),
            ("CLI a \"b", 1),
            ("UNNOTICED TIME 1s", 1),
            ("CLI a\n  -> 4", 2),
            ("CLI a\n  shouts", 2),
            ("HTTP /", 1),
            ("HTTP GET /\n  with a", 2),
            ("HTTP GET /a => $b", 1),
            ("LINK joe@a.example", 1),
            ("LINK => $code", 1),
            ("EACH 1..2", 1),
            ("EACH 1-2 RESTART", 1),
            ("EACH 1..x RESTART", 1),
            ("RESTART\nDNS a.example A\n  EACH 5 -> NOERROR", 3),
            ("LINK joe@a.example => $code\n  -> 200", 2),
            ("REPLY", 1),
            ("LOG more", 1),
        ] {
            assert_eq!(script(text).map_err(|misread| misread.line), Err(line), "{text}");
        }
    }
}
