//! How well a theme can be read: contrast by WCAG 2.2, difference by CIEDE2000, and sight without one kind of cone.

#![expect(clippy::unreadable_literal, reason = "numbers stand as published")]

use ratatui::style::Color;

use super::{Role, Theme, color::rgb};

/// Red, green and blue of sRGB.
pub type Rgb = (u8, u8, u8);

/// The contrast that WCAG 2.2 asks of text (1.4.3, level AA).
pub const TEXT: f64 = 4.5;
/// The contrast that WCAG 2.2 asks of lines and other parts that are no text (1.4.11).
pub const DECORATION: f64 = 3.0;

/// How eyes see colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vision {
    /// With three kinds of cones.
    Normal,
    /// Without the cones for long waves.
    Protanopia,
    /// Without the cones for middle waves.
    Deuteranopia,
    /// Without the cones for short waves.
    Tritanopia,
}

impl Vision {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Protanopia, Self::Deuteranopia, Self::Tritanopia];

    /// How a colour looks: the matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model for
    /// Simulation of Color Vision Deficiency" (2009), for a severity of 1.0, on linear RGB.
    pub fn see(self, color: Rgb) -> Rgb {
        let matrix = match self {
            Self::Normal => return color,
            Self::Protanopia => [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
            Self::Deuteranopia => [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
            Self::Tritanopia => [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        };
        let linear = linear(color);
        let [r, g, b] = matrix.map(|row| {
            let value: f64 = row.iter().zip(linear).map(|(m, v)| m * v).sum();
            let value = value.clamp(0.0, 1.0);
            let value =
                if value <= 0.0031308 { 12.92 * value } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
            (value * 255.0).round() as u8
        });
        (r, g, b)
    }
}

fn linear((r, g, b): Rgb) -> [f64; 3] {
    [r, g, b].map(|v| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    })
}

/// Relative luminance, 0 for black to 1 for white.
pub fn luminance(color: Rgb) -> f64 {
    let [r, g, b] = linear(color);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// The contrast ratio of two colours, 1 to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// L*, a* and b* under D65.
fn lab(color: Rgb) -> [f64; 3] {
    let [r, g, b] = linear(color);
    let f = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
    let x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    let y = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
    let z = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// How different two colours look, by CIEDE2000: 1 is just seen side by side, 10 at a glance.
pub fn difference(a: Rgb, b: Rgb) -> f64 {
    ciede2000(lab(a), lab(b))
}

/// The formula, in the words of Sharma, Wu and Dalal (2005).
fn ciede2000([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
    let seventh = |c: f64| (c.powi(7) / (c.powi(7) + 25f64.powi(7))).sqrt();
    let g = 1.5 - 0.5 * seventh(f64::midpoint(a1.hypot(b1), a2.hypot(b2)));
    let (a1, a2) = (a1 * g, a2 * g);
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue = |a: f64, b: f64| b.atan2(a).to_degrees().rem_euclid(360.0);
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let grey = c1 * c2 == 0.0;
    let turn = if grey { 0.0 } else { (h2 - h1 + 180.0).rem_euclid(360.0) - 180.0 };
    let (dl, dc) = (l2 - l1, c2 - c1);
    let dh = 2.0 * (c1 * c2).sqrt() * (turn / 2.0).to_radians().sin();
    let (l, c) = (f64::midpoint(l1, l2), f64::midpoint(c1, c2));
    let h = match (h1 - h2).abs() {
        _ if grey => h1 + h2,
        0.0..=180.0 => f64::midpoint(h1, h2),
        _ if h1 + h2 < 360.0 => f64::midpoint(h1, h2) + 180.0,
        _ => f64::midpoint(h1, h2) - 180.0,
    };
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h - 30.0) + 0.24 * cos(2.0 * h) + 0.32 * cos(3.0 * h + 6.0)
        - 0.20 * cos(4.0 * h - 63.0);
    let bend = 30.0 * (-((h - 275.0) / 25.0).powi(2)).exp();
    let sl = 1.0 + 0.015 * (l - 50.0).powi(2) / (20.0 + (l - 50.0).powi(2)).sqrt();
    let (sc, sh) = (1.0 + 0.045 * c, 1.0 + 0.015 * c * t);
    let rt = -(2.0 * bend).to_radians().sin() * 2.0 * seventh(c);
    let (dl, dc, dh) = (dl / sl, dc / sc, dh / sh);
    (dl * dl + dc * dc + dh * dh + rt * dc * dh).sqrt()
}

/// A role as written on one of the grounds it stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    /// The role.
    pub role: Role,
    /// Its contrast there.
    pub contrast: f64,
}

impl Theme {
    /// Every role on every ground it stands on, as far as the theme and not the terminal decides both: on its own,
    /// or else on the paper and on selected rows. What names an environment stands there too, in its badge's ground.
    pub fn written(&self) -> Vec<Written> {
        let known = |c: Option<Color>| c.and_then(rgb);
        let paper = known(self.paper);
        let grounds: Vec<Rgb> =
            [paper, known(self.style(Role::Selection).bg), known(self.style(Role::SelectionIdle).bg)]
                .into_iter()
                .flatten()
                .collect();
        let mut all = Vec::new();
        for role in Role::ALL {
            let style = self.style(*role);
            let own: Vec<Rgb> = known(style.bg).into_iter().collect();
            let painted = style.bg.is_some() && *role != Role::Text;
            let on = if painted { &own } else { &grounds };
            let on = if *role == Role::Border { &on[..on.len().min(1)] } else { on };
            let inks = known(style.fg).into_iter().flat_map(|ink| on.iter().map(move |g| (ink, *g)));
            let names =
                own.iter().filter(|_| role.is_badge()).flat_map(|ink| grounds.iter().map(|g| (*ink, *g)));
            all.extend(
                inks.chain(names).map(|(ink, on)| Written { role: *role, contrast: contrast(ink, on) }),
            );
        }
        all
    }

    /// How different the two most alike of some roles look to some eyes; nothing when the terminal decides.
    pub fn apart(&self, roles: &[Role], vision: Vision) -> Option<f64> {
        let color = |role: &Role| {
            let style = self.style(*role);
            style.bg.or(style.fg).and_then(rgb).map(|c| vision.see(c))
        };
        let seen = roles.iter().map(color).collect::<Option<Vec<_>>>()?;
        let pairs =
            seen.iter().enumerate().flat_map(|(n, a)| seen[n + 1..].iter().map(|b| difference(*a, *b)));
        pairs.min_by(f64::total_cmp)
    }

    /// Whether its paper is light; nothing when that is the terminal's affair.
    pub fn is_light(&self) -> Option<bool> {
        self.paper.and_then(rgb).map(|paper| luminance(paper) > LIGHT)
    }
}

/// A ground lighter than this is better written on in black: both contrasts are alike at it.
pub const LIGHT: f64 = 0.179;

#[cfg(test)]
mod tests;
