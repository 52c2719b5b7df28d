-- A real Neovim colours a real project with the tree-sitter grammar, set up as docs/editors/neovim.md says:
-- nvim --headless -u NONE -i NONE -l treesitter.lua CONFIG PROJECT
local config, project = arg[1], arg[2]
local failed = false

local function check(name, ok, extra)
  io.stdout:write((ok and 'ok    ' or 'FAIL  ') .. name .. (ok and '' or '  ' .. vim.inspect(extra)) .. '\n')
  failed = failed or not ok
end

vim.opt.runtimepath:prepend(config)
vim.filetype.add({ extension = { journey = 'journey' } })
vim.cmd.edit(project .. '/journeys/abandoned_cart.journey')
vim.bo.filetype = 'journey'
vim.treesitter.start()
local tree = vim.treesitter.get_parser():parse()[1]
check('read', not tree:root():has_error(), tostring(tree:root()))

local function captures(text, more)
  for row, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
    local column = line:find(text, 1, true)
    if column then
      return vim.tbl_map(function(c) return c.capture end, vim.treesitter.get_captures_at_pos(0, row - 1, column - 1 + (more or 0)))
    end
  end
end
local function is(capture, text, more)
  local found = captures(text, more)
  check(text .. ' is @' .. capture, found and vim.tbl_contains(found, capture), found)
end
is('comment.documentation', '/// Win back')
is('attribute', '@campaign')
is('type.definition', 'abandoned_cart')
is('keyword', 'trigger')
is('variable', 'as cart', 3)
is('number', '800 THB')
is('number.unit', '800 THB', 4)
is('function', 'cart_reminder')
is('string', '"Offer help')

vim.wo.foldmethod = 'expr'
vim.wo.foldexpr = 'v:lua.vim.treesitter.foldexpr()'
vim.wo.foldlevel = 0
local last = vim.fn.search('^}')
check('folds', vim.wait(2000, function() return vim.fn.foldclosed(last) > 0 end), vim.fn.foldlevel(last))

-- The HTML inside a message.
vim.cmd.enew()
vim.bo.filetype = 'journey'
vim.api.nvim_buf_set_lines(0, 0, -1, true, { 'message m for p {', '  email { body "<b>{{ profile.name }}</b>" }', '}' })
for _, kind in ipairs({ 'highlights', 'injections', 'locals', 'folds', 'indents' }) do
  check(kind .. ' are read', vim.treesitter.query.get('journey', kind) ~= nil)
end
local injections = vim.treesitter.query.get('journey', 'injections')
local root = vim.treesitter.get_parser(0, 'journey'):parse()[1]:root()
local found = 0
for _ in injections:iter_matches(root, 0) do found = found + 1 end
check('HTML inside', found == 2, found)

io.stdout:write(failed and 'FAILED\n' or 'PASSED\n')
vim.cmd(failed and 'cquit 1' or 'qall!')
