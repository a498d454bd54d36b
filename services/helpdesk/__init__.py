"""What people do: users ask, staff answer, and tickets move.

| it is about | modules |
|---|---|
| what a user writes | `joining` (which ticket it joins), `current`, `another` (one more ticket) |
| | `rejoining` (the user moves it), `question_edits` |
| what staff write | `hearing` (sent, or kept), `answers` (sent, edited, taken back) |
| | `kept_words`, `orphans`, `resend` |
| what was written | `content` (as it came), `messages` (stored), `first_words` (in lists) |
| whose turn it is | `turns` (the status), `owing` (what changes it), `owners`, `history` |
| | `closing` (when users hear of it) |
| one ticket and others | `merging` and `splitting`, both by `moving` |
| | `lookup`, `ticket_list`, `boards` |
| where staff see it | `cards`, `card_menu`, `threads`, `staff_modes` (cards or threads) |
| | `thread_pins`, `thread_closing`, `thread_keeping` (how long) |
| | `staff_chats`, `staff_chat_changes`, `staff_rights`, `foreign_groups` |
| what the team sets | `team_settings`, asked for by `new_words` in a dialogue (`dialogues`) |
| what people are told | `failure_notices`, `refusal_notices`, `set_aside_news`, `done_commands` |
| who it is | `people` |

A ticket is got, opened, closed and reopened in `services/ticket_service.py`.
"""
