account-of = Signed in as { $email }.
keys = API keys
webhooks = Webhooks
telegram = Telegram
telegram-lead = Link a chat with the bot: it then shares your credits and history.
telegram-link = Create a link to the bot
telegram-open = Open the bot and link the chat
telegram-until = The link works once, until
sessions = Sessions
session-program = A program
session-begun = since
session-end = End
sign-out-everywhere = Sign out everywhere
change-password = Change the password
change-password-lead = All other sessions end.
current-password = Current password
new-password = New password
end-keys-too = Also delete my API keys
close-account = Close the account
close-lead = Your address, sessions, keys, and the inputs and answers of your predictions are deleted for good. The movements of credits stay in the books, without your name.
close-loses = { $credits ->
    [0] You have no credits to lose.
    [one] { $credits } credit will be lost.
   *[other] { $credits } credits will be lost.
}
close-type = Type your e-mail address to confirm
close-mistyped = This is not the address of your account.
close-now = Close it for good
keys-lead = Programs use a key in place of your password. Their predictions cost your credits.
keys-none = You have no keys yet.
key-once = Copy the key now: it is not shown again.
key-new = New key
key-name = Name
key-hint = Begins with
key-used = Last used
key-expires = Expires
key-create = Create a key
never = never
in-days = { $days ->
    [one] in { $days } day
   *[other] in { $days } days
}
delete = Delete
key-may = Permissions
key-spent = Limits
key-model = Only for this model (empty: all)
key-day = Daily limit in credits (empty: no limit)
key-month = Monthly limit in credits (empty: no limit)
key-of-day = { $spent } of { $limit } today
key-of-month = { $spent } of { $limit } this month
key-no-limit = none
scope-predict = predict
scope-read = read
scope-admin = administer
by-telegram = Sign in with Telegram
by-telegram-open = Open
by-telegram-bot = the chat with @{ $bot }
by-telegram-start = {" "}and press “Start”.
by-telegram-press = There, press the number
by-telegram-return = Come back here: you are signed in within a few seconds.
by-telegram-other-device = Telegram is on another device?
by-telegram-send = Send this message to @{ $bot } there:
by-telegram-until = This works once, until
by-telegram-confirmed = You have confirmed it in Telegram. You are being signed in.
by-telegram-again = Begin again
account-of-telegram = Signed in with Telegram.
account-of-telegram-lead = This account belongs to your chat with the bot: both share credits and history. To sign in with an e-mail address as well, register an account, and link the chat with it there. This account’s keys and webhooks then stop working.
close-tick = I want to close this account for good
close-not-ticked = Tick the box to confirm.
close-lead-telegram = Your chat with the bot, sessions, keys, and the inputs and answers of your predictions are deleted for good. The movements of credits stay in the books, without your name.
