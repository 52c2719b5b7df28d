-- A real Neovim works on a real project: nvim --headless -u NONE -i NONE -l neovim.lua JOURNEY PROJECT
local journey, project = arg[1], arg[2]
local failed = false

local function check(name, ok, extra)
  io.stdout:write((ok and 'ok    ' or 'FAIL  ') .. name .. (ok and '' or '  ' .. vim.inspect(extra)) .. '\n')
  failed = failed or not ok
end

local file = project .. '/journeys/abandoned_cart.journey'
vim.filetype.add({ extension = { journey = 'journey' } })
vim.cmd.edit(file)
local buf = vim.api.nvim_get_current_buf()
local id = vim.lsp.start({ name = 'journey', cmd = { journey, 'lsp' }, root_dir = project })
local client
check('attached', vim.wait(20000, function()
  client = vim.lsp.get_client_by_id(id)
  return client and client.initialized
end))
check('utf-8', client.offset_encoding == 'utf-8', client.offset_encoding)

local function line(number) return vim.api.nvim_buf_get_lines(buf, number - 1, number, true)[1] end
local function find(text)
  for number, content in ipairs(vim.api.nvim_buf_get_lines(buf, 0, -1, true)) do
    local column = content:find(text, 1, true)
    if column then return number, column - 1 end
  end
end
local function go(text, more)
  local number, column = find(text)
  vim.api.nvim_win_set_cursor(0, { number, column + (more or 0) })
end
local function ask(method, params)
  params = params or vim.lsp.util.make_position_params(0, client.offset_encoding)
  local answers = vim.lsp.buf_request_sync(buf, method, params, 20000)
  return answers and answers[id] and answers[id].result
end
local function findings() return vim.diagnostic.get(buf) end

check('a sound project has no findings', vim.wait(2000, function() return #findings() > 0 end) == false, findings())

go('send cart_reminder', 6)
local hover = ask('textDocument/hover')
check('hover', hover and hover.contents.value:find('message cart_reminder', 1, true), hover)

vim.lsp.buf.definition()
check('definition', vim.wait(10000, function() return vim.api.nvim_buf_get_name(0):find('carts.journey', 1, true) end))
vim.cmd.buffer(buf)

-- A misspelt channel is found, and mended.
local number = find('by line, else email')
local text = line(number)
vim.api.nvim_buf_set_lines(buf, number - 1, number, true, { (text:gsub('email', 'emial')) })
check('finding', vim.wait(20000, function() return #findings() == 1 end), findings())
check('its code', findings()[1] and findings()[1].code == 'J0101', findings())
go('emial', 1)
vim.lsp.buf.code_action({ apply = true, filter = function(a) return a.title:find('change it to') end })
check('mended', vim.wait(20000, function() return line(number) == text and #findings() == 0 end), line(number))

-- A rename reaches other files.
go('as reminder', 4)
vim.lsp.buf.rename('เตือน')
check('renamed', vim.wait(20000, function() return find('of เตือน') ~= nil end), line(number))
check('still sound', vim.wait(3000, function() return #findings() > 0 end) == false, findings())

go('wait 4 hours')
local at = find('wait 4 hours')
vim.api.nvim_buf_set_lines(buf, at - 1, at, true, { '     wait   4 hours' })
vim.lsp.buf.format({ timeout_ms = 20000 })
check('laid out', line(at) == '  wait 4 hours', line(at))

vim.api.nvim_buf_set_lines(buf, at - 1, at, true, { '  wait 4 hours', '  send  ' })
vim.api.nvim_win_set_cursor(0, { at + 1, 7 })
local completed = ask('textDocument/completion')
local labels = {}
for _, item in ipairs(completed and (completed.items or completed) or {}) do labels[item.label] = true end
check('completion', labels['cart_nudge'] and not labels['wait'], labels)

vim.lsp.inlay_hint.enable(true)
check('hints', vim.wait(20000, function() return #vim.lsp.inlay_hint.get({ bufnr = buf }) > 0 end))
vim.lsp.semantic_tokens.start(buf, id)
check('colours', vim.wait(20000, function()
  local n, c = find('goal ')
  local t = vim.lsp.semantic_tokens.get_at_pos(buf, n - 1, c)
  return t and #t > 0 and t[1].type == 'keyword'
end))
local symbols = ask('textDocument/documentSymbol', { textDocument = vim.lsp.util.make_text_document_params(buf) })
check('outline', symbols and symbols[1] and symbols[1].name == 'abandoned_cart', symbols)

client:stop()
check('a clean end', vim.wait(20000, function() return vim.lsp.get_client_by_id(id) == nil end))
io.stdout:write(failed and 'FAILED\n' or 'PASSED\n')
vim.cmd(failed and 'cquit 1' or 'qall!')
