;;; journey-mode.el --- Customer journeys as programs -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; SPDX-License-Identifier: Apache-2.0

;;; Commentary:

;; Colours, comments and indentation for .journey files; eglot does the rest with `journey lsp'.

;;; Code:

(defgroup journey nil "Customer journeys as programs." :group 'languages)

(defcustom journey-command "journey" "The journey command." :type 'string)

(defconst journey--declarations
  '("use" "taxonomy" "event" "extend" "record" "profile" "segment" "purpose" "channel" "message" "offer" "policy" "webhook"
    "calendar" "team" "journey" "test" "migrate"))

(defconst journey--lines
  '("trigger" "only" "one run" "re-entry" "start over" "update" "goal" "exit" "pause" "meanwhile" "priority" "rollout"
    "wait" "if" "else" "branch" "experiment" "variant" "holdout" "next best action" "send" "set" "emit" "call" "task" "repeat"
    "stop repeating" "collect" "stage" "finish" "go to" "when" "expect" "customer" "after" "everyone" "require" "quiet" "deliver"
    "eligible" "propensity" "rank by" "from offers"))

(defconst journey--words
  '("and" "or" "not" "in" "is" "at" "for" "between" "contains" "starts" "with" "otherwise" "known" "missing" "where" "by" "as"
    "on" "of" "until" "within" "then"))

(defvar journey-font-lock-keywords
  `((,(concat "^\\(" (regexp-opt journey--declarations) "\\)\\_>\\(?: +\\(\\(?:\\sw\\|\\s_\\)+\\)\\)?")
     (1 font-lock-keyword-face) (2 font-lock-type-face nil t))
    ("@\\(?:\\sw\\|\\s_\\)+" . font-lock-preprocessor-face)
    ("\\_<\\(\\(?:\\sw\\|\\s_\\)+\\)\\s-*:" 1 font-lock-variable-name-face)
    ("\\_<\\(?:send\\|call\\) +\\(\\(?:\\sw\\|\\s_\\)+\\)" 1 font-lock-function-name-face)
    (,(concat "\\(?:^\\|[{}]\\) *\\(" (regexp-opt journey--lines) "\\)\\_>") 1 font-lock-keyword-face)
    (,(concat "\\_<" (regexp-opt journey--words) "\\_>") . font-lock-builtin-face)
    ("\\_<[0-9][0-9_:.-]*\\(?: \\(?:\\sw\\|\\s_\\)+\\)?" . font-lock-constant-face)))

(defvar journey-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?_ "_" table)
    table))

(defun journey-indent-line ()
  "Indent by two for each bracket that is open."
  (interactive)
  (let* ((depth (save-excursion
                  (beginning-of-line)
                  (let ((open (car (syntax-ppss))))
                    (skip-chars-forward " \t")
                    (if (looking-at "[])}]") (1- open) open))))
         (back (- (current-column) (current-indentation))))
    (indent-line-to (* 2 (max depth 0)))
    (when (> back 0) (forward-char back))))

;;;###autoload
(define-derived-mode journey-mode prog-mode "Journey"
  "Customer journeys as programs."
  (setq-local comment-start "// "
              comment-start-skip "///? *"
              indent-tabs-mode nil
              tab-width 2
              indent-line-function #'journey-indent-line
              font-lock-defaults '(journey-font-lock-keywords)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.journey\\'" . journey-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs `(journey-mode . (,journey-command "lsp"))))

(provide 'journey-mode)
;;; journey-mode.el ends here
