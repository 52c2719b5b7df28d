"""A real project over real connections, with what VS Code, Neovim and Emacs say they can do."""

import os
import pathlib
import shutil

import pytest
import pytest_lsp
from lsprotocol import types as t
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

JOURNEY = os.environ["JOURNEY"]
EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "retail"


@pytest_lsp.fixture(
    params=["visual-studio-code", "neovim", "emacs"],
    config=ClientServerConfig(server_command=[JOURNEY, "lsp"]),
)
async def client(request, lsp_client: LanguageClient, tmp_path):
    root = tmp_path / "retail"
    shutil.copytree(EXAMPLE, root)
    lsp_client.root = root

    # Some of them can be asked to watch files; here nobody changes any.
    @lsp_client.feature(t.CLIENT_REGISTER_CAPABILITY)
    def watch(params: t.RegistrationParams):
        return None

    await lsp_client.initialize_session(
        t.InitializeParams(
            capabilities=client_capabilities(request.param), root_uri=root.as_uri(), workspace_folders=None
        )
    )
    yield
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
async def test_a_journey_is_opened_edited_and_renamed(client: LanguageClient):
    path = client.root / "journeys" / "abandoned_cart.journey"
    text = path.read_text()
    document = t.TextDocumentIdentifier(uri=path.as_uri())

    def place(what: str, more: int = 0) -> t.Position:
        for number, line in enumerate(text.splitlines()):
            if what in line:
                return t.Position(number, line.index(what) + more)
        raise AssertionError(what)

    item = t.TextDocumentItem(uri=path.as_uri(), language_id="journey", version=1, text=text)
    client.text_document_did_open(t.DidOpenTextDocumentParams(text_document=item))

    at = place("send cart_reminder", 6)
    hover = await client.text_document_hover_async(t.HoverParams(text_document=document, position=at))
    assert "message cart_reminder" in hover.contents.value

    found = await client.text_document_definition_async(t.DefinitionParams(text_document=document, position=at))
    assert [f.uri.rsplit("/", 1)[1] for f in found] == ["carts.journey"]

    completed = await client.text_document_completion_async(
        t.CompletionParams(text_document=document, position=place("cart_reminder(cart)"))
    )
    items = completed.items if isinstance(completed, t.CompletionList) else completed
    assert "cart_nudge" in {i.label for i in items}

    edit = await client.text_document_rename_async(
        t.RenameParams(text_document=document, position=at, new_name="cart_letter")
    )
    changed = {c.text_document.uri for c in edit.document_changes or []} | set(edit.changes or {})
    assert {uri.rsplit("/", 1)[1] for uri in changed} >= {"abandoned_cart.journey", "carts.journey"}

    options = t.FormattingOptions(tab_size=2, insert_spaces=True)
    laid_out = await client.text_document_formatting_async(
        t.DocumentFormattingParams(text_document=document, options=options)
    )
    assert not laid_out
