//! Whether two sets of times have different means: Welch's t, of all of them and of what is left without the slowest.
//!
//! The slowest are what the machine did meanwhile; a small difference of the work itself shows better without them (Reparaz,
//! Balasch, Verbauwhede: Dude, is my code constant time?).

/// Beyond this the two are told apart.
pub(crate) const BOUND: f64 = 4.5;
/// How many of a hundred are left.
pub(crate) const CROPS: [usize; 6] = [100, 99, 95, 90, 75, 50];

/// Welch's t for each of [`CROPS`], which are cut at the same value in both.
pub(crate) fn cropped(left: &[f64], right: &[f64]) -> [f64; CROPS.len()] {
    let mut all = [left, right].concat();
    all.sort_unstable_by(f64::total_cmp);
    CROPS.map(|percent| {
        let most = all.get((all.len().saturating_mul(percent) / 100).saturating_sub(1)).copied().unwrap_or(f64::MAX);
        let crop = |times: &[f64]| times.iter().copied().filter(|time| *time <= most).collect::<Vec<_>>();
        t(&crop(left), &crop(right))
    })
}

fn t(left: &[f64], right: &[f64]) -> f64 {
    let error = variance(left) / left.len() as f64 + variance(right) / right.len() as f64;
    (mean(left) - mean(right)) / error.sqrt()
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len().saturating_sub(1).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_formula_has_it() {
        let (left, right) = ([3.0, 4.0, 5.0, 6.0, 7.0], [1.0, 2.0, 3.0]);
        // Means 5 and 2, variances 2.5 and 1: 3 / sqrt(0.5 + 1/3).
        assert!((t(&left, &right) - 3.286_335).abs() < 1e-6, "{}", t(&left, &right));
        assert!((t(&right, &left) + 3.286_335).abs() < 1e-6);
    }

    #[test]
    fn a_difference_shows_without_the_slowest() {
        let times = |from: f64| {
            let usual = (0..1_000_i32).map(move |number| from + f64::from(number % 10));
            usual.chain((0..20_i32).map(|number| 1e4 * f64::from(number))).collect::<Vec<_>>()
        };
        let [all, _, most, ..] = cropped(&times(101.0), &times(100.0));
        assert!(all.abs() < 1.0 && most > BOUND, "{all} {most}");
        let same = cropped(&times(100.0), &times(100.0));
        assert!(same.iter().all(|t| t.abs() < 1e-9), "{same:?}");
    }
}
