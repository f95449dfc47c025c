//! What pods ask for and may take at most, and how much of that they use.

use super::Pod;

/// What the containers of a pod ask for together and may take at most; zero where nothing is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// CPU that is asked for, in millicores.
    pub cpu_request: u32,
    /// CPU that it may take, in millicores; zero as well where one container may take all there is.
    pub cpu_limit: u32,
    /// Memory that is asked for, in bytes.
    pub memory_request: u64,
    /// Memory that it may take, in bytes; zero as well where one container may take all there is.
    pub memory_limit: u64,
}

/// What a pod uses, of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// CPU of what is asked for.
    CpuOfRequest,
    /// CPU of what it may take.
    CpuOfLimit,
    /// Memory of what is asked for.
    MemoryOfRequest,
    /// Memory of what it may take.
    MemoryOfLimit,
}

impl Share {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::CpuOfRequest, Self::CpuOfLimit, Self::MemoryOfRequest, Self::MemoryOfLimit];

    /// The heading, as k9s has it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::CpuOfRequest => "%CPU/R",
            Self::CpuOfLimit => "%CPU/L",
            Self::MemoryOfRequest => "%MEM/R",
            Self::MemoryOfLimit => "%MEM/L",
        }
    }

    /// Its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CpuOfRequest => "cpuPercentOfRequest",
            Self::CpuOfLimit => "cpuPercentOfLimit",
            Self::MemoryOfRequest => "memoryPercentOfRequest",
            Self::MemoryOfLimit => "memoryPercentOfLimit",
        }
    }
}

impl Pod {
    /// How much it is of which a share is told, in millicores or bytes; none where nothing is set.
    pub fn whole(&self, share: Share) -> Option<u64> {
        let r = &self.resources;
        let whole = match share {
            Share::CpuOfRequest => r.cpu_request.into(),
            Share::CpuOfLimit => r.cpu_limit.into(),
            Share::MemoryOfRequest => r.memory_request,
            Share::MemoryOfLimit => r.memory_limit,
        };
        (whole > 0).then_some(whole)
    }

    /// The share that it uses, in percent; none where nothing is set, or nothing was measured.
    pub fn percent(&self, share: Share) -> Option<u32> {
        let used = match share {
            Share::CpuOfRequest | Share::CpuOfLimit => self.cpu.map(u64::from),
            Share::MemoryOfRequest | Share::MemoryOfLimit => self.memory,
        };
        let percent = used?.saturating_mul(100) / self.whole(share)?;
        Some(u32::try_from(percent).unwrap_or(u32::MAX))
    }
}
