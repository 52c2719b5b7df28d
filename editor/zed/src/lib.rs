//! Zed starts `journey lsp`: the command of its settings, else the one on the path.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{Command, Extension, LanguageServerId, Result, Worktree, register_extension};

struct Journey;

impl Extension for Journey {
    fn new() -> Journey {
        Journey
    }

    fn language_server_command(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let chosen = LspSettings::for_worktree(id.as_ref(), worktree).ok().and_then(|settings| settings.binary);
        let (path, arguments) = chosen.map_or((None, None), |binary| (binary.path, binary.arguments));
        let command = path.or_else(|| worktree.which("journey")).ok_or(
            "there is no `journey` command on the path: install it, or say in the settings where it is, as `lsp.journey.binary.path`",
        )?;
        Ok(Command { command, args: arguments.unwrap_or_else(|| vec!["lsp".into()]), env: worktree.shell_env() })
    }
}

register_extension!(Journey);
