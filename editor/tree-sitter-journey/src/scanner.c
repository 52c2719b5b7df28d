// Which ends of lines end a line. The compiler's token layer decides it in grammar/src/parse/brackets.rs; the same rule stands here:
// an end of line counts wherever a line may end, except before a line that begins with `or`, `and`, `else`, `{`, `=`, `,` or an
// operator other than `-`. (Inside `( )` and `[ ]`, and after `,`, `=` or an operator, no line may end, and the grammar does not ask.)

#include "tree_sitter/parser.h"
#include <string.h>

enum { NEWLINE, IN_LAST, FOR_AMOUNT, AT_MOST, NEXT_FIELD, PLACEHOLDER_OPEN, NOWHERE };

void *tree_sitter_journey_external_scanner_create(void) { return NULL; }
void tree_sitter_journey_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_journey_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}
void tree_sitter_journey_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static bool is_blank(int32_t c) {
  return c == ' ' || c == '\t' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

static bool is_end_of_line(int32_t c) { return c == '\n' || c == '\r'; }

static bool is_word_char(int32_t c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static void skip_blanks(TSLexer *lexer) {
  while (is_blank(lexer->lookahead)) lexer->advance(lexer, false);
}

// Reads a word of at most 7 letters of the language; anything else is no word that is asked for.
static void read_word(TSLexer *lexer, char word[8]) {
  unsigned length = 0;
  bool fits = true;
  while (is_word_char(lexer->lookahead)) {
    fits = fits && lexer->lookahead < 0x80 && length < 7;
    if (fits) word[length++] = (char)lexer->lookahead;
    lexer->advance(lexer, false);
  }
  word[fits ? length : 0] = 0;
}

// `or`, `and` or `else` as a word of its own, and not the name of a field.
static bool continues_with_word(TSLexer *lexer) {
  char word[8];
  read_word(lexer, word);
  if (strcmp(word, "or") != 0 && strcmp(word, "and") != 0 && strcmp(word, "else") != 0) return false;
  skip_blanks(lexer);
  return lexer->lookahead != ':';
}

// `in last`, `for 1 hour` (and not `for this`, `for any`), `at most`: the first word, because of the second. And, without a letter
// of it, the place before `name:`.
static bool scan_word(TSLexer *lexer, const bool *valid) {
  char first[8], second[8];
  lexer->mark_end(lexer);
  if (!is_word_char(lexer->lookahead) || (lexer->lookahead >= '0' && lexer->lookahead <= '9')) return false;
  read_word(lexer, first);
  bool in = valid[IN_LAST] && strcmp(first, "in") == 0;
  bool on = valid[FOR_AMOUNT] && strcmp(first, "for") == 0;
  bool at = valid[AT_MOST] && strcmp(first, "at") == 0;
  bool word = (in || on || at) && lexer->lookahead != ':';
  if (word) lexer->mark_end(lexer);
  skip_blanks(lexer);
  if (!word) {
    lexer->result_symbol = NEXT_FIELD;
    return valid[NEXT_FIELD] && lexer->lookahead == ':';
  }
  read_word(lexer, second);
  if (in) {
    lexer->result_symbol = IN_LAST;
    return strcmp(second, "last") == 0 && lexer->lookahead != '.' && lexer->lookahead != '(';
  }
  if (on) {
    lexer->result_symbol = FOR_AMOUNT;
    return strcmp(second, "this") != 0 && strcmp(second, "any") != 0;
  }
  lexer->result_symbol = AT_MOST;
  return strcmp(second, "most") == 0;
}

// `{{`, if its `}}` stands in the same text.
static bool scan_placeholder(TSLexer *lexer) {
  for (unsigned i = 0; i < 2; i++) {
    if (lexer->lookahead != '{') return false;
    lexer->advance(lexer, false);
  }
  lexer->mark_end(lexer);
  lexer->result_symbol = PLACEHOLDER_OPEN;
  while (!lexer->eof(lexer) && !is_end_of_line(lexer->lookahead) && lexer->lookahead != '"') {
    int32_t c = lexer->lookahead;
    lexer->advance(lexer, false);
    if (c == '}' && lexer->lookahead == '}') return true;
    if (c == '\\' && !is_end_of_line(lexer->lookahead)) lexer->advance(lexer, false);
  }
  return false;
}

bool tree_sitter_journey_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  if (valid[PLACEHOLDER_OPEN] && !valid[NOWHERE]) return scan_placeholder(lexer);
  bool word = !valid[NOWHERE] && (valid[IN_LAST] || valid[FOR_AMOUNT] || valid[AT_MOST] || valid[NEXT_FIELD]);
  if (!valid[NEWLINE] && !word) return false;
  while (is_blank(lexer->lookahead) || (!valid[NEWLINE] && is_end_of_line(lexer->lookahead))) lexer->advance(lexer, true);
  if (!is_end_of_line(lexer->lookahead)) return word && scan_word(lexer, valid);
  lexer->advance(lexer, false);
  lexer->mark_end(lexer);
  lexer->result_symbol = NEWLINE;
  // The next line that is more than a comment says whether this one ends.
  for (;;) {
    while (is_blank(lexer->lookahead) || is_end_of_line(lexer->lookahead)) lexer->advance(lexer, false);
    if (lexer->lookahead != '/') break;
    lexer->advance(lexer, false);
    if (lexer->lookahead != '/') return false;
    while (!lexer->eof(lexer) && !is_end_of_line(lexer->lookahead)) lexer->advance(lexer, false);
  }
  switch (lexer->lookahead) {
    case '{':
    case '=':
    case ',':
    case '+':
    case '*':
    case '<':
    case '>':
    case '!':
      return false;
    default:
      return !continues_with_word(lexer);
  }
}
