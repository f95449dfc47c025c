//! Who may do what on the simulated platform: four people and robots, one token each for every system.

/// What a user may do in one environment; a later one includes the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Nothing.
    None,
    /// Read what the `view` cluster role of a real cluster reads: neither secrets nor nodes.
    View,
    /// Read, sync, roll back, restart, scale, delete pods, silence, renew and rotate.
    Operate,
    /// Everything.
    Admin,
}

/// A person or a robot that the demo's systems know.
#[derive(Debug)]
pub struct User {
    /// The login name.
    pub name: &'static str,
    /// The mail address.
    pub email: &'static str,
    /// The groups that the identity provider would put in the token.
    pub groups: &'static [&'static str],
    /// The bearer token that every system of every environment takes.
    pub token: &'static str,
    /// The password, for systems with a password login.
    pub password: &'static str,
    rights: [Right; 3],
}

impl User {
    /// What this user may do in the environment of that name.
    pub fn right(&self, env: &str) -> Right {
        match env {
            "dev" => self.rights[0],
            "staging" => self.rights[1],
            "prod" => self.rights[2],
            _ => Right::None,
        }
    }
}

/// The demo's users; the first is the one who is on call, and whose token the demo uses.
pub const USERS: &[User] = &[
    User {
        name: "nadia",
        email: "nadia@clinic.example",
        groups: &["oncall", "developers"],
        token: "demo-nadia-5f2c9a71",
        password: "nadia",
        rights: [Right::Operate; 3],
    },
    User {
        name: "samir",
        email: "samir@clinic.example",
        groups: &["platform-admins", "oncall"],
        token: "demo-samir-83b1d04e",
        password: "samir",
        rights: [Right::Admin; 3],
    },
    User {
        name: "victor",
        email: "victor@clinic.example",
        groups: &["viewers"],
        token: "demo-victor-c60e7f19",
        password: "victor",
        rights: [Right::View; 3],
    },
    User {
        name: "ci-robot",
        email: "ci-robot@clinic.example",
        groups: &["robots"],
        token: "demo-ci-robot-2d94be35",
        password: "ci-robot",
        rights: [Right::Operate, Right::Operate, Right::View],
    },
];

/// The user whose token this is.
pub fn by_token(token: &str) -> Option<&'static User> {
    USERS.iter().find(|user| user.token == token)
}

/// The user of that login name.
pub fn by_name(name: &str) -> Option<&'static User> {
    USERS.iter().find(|user| user.name == name)
}

/// The user of an `Authorization: Bearer ...` header.
pub fn by_header(headers: &http::HeaderMap) -> Option<&'static User> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { by_token(token.trim()) } else { None }
}
