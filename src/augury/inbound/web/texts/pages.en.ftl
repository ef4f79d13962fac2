skip = Skip to the content
nav-main = Main
nav-predictions = Predictions
nav-files = Files
nav-money = Credits
nav-account = Account
nav-sign-in = Sign in
nav-sign-out = Sign out
nav-register = Register
nav-api = The API for programs
request-id = Request { $id }
sign-in = Sign in
register = Register
email = E-mail address
password = Password
password-rule = At least 8 characters.
no-account-yet = No account yet?
account-already = Do you have an account?
start-title = Predictions for credits
start-lead = Choose a model, give it your data, and get its answer a moment later.
start-no-models = No model is offered yet. An administrator can add one with `augury model add`.
start-no-description = This model has no description.
price-of-row = { $price ->
    [0] Free of charge
    [one] { $price } credit for a row
   *[other] { $price } credits for a row
}
problem-title = This did not work
problem-back = Back to the first page
problem-forged = The form was too old, or came from another page. Go back, load the page again, and send the form once more.
problem-unavailable = The service is busy or restarting. Try again in a moment.
problem-missing = There is no such page.
problem-too-large = That was too large.
problem-unreadable = The request could not be read.
problem-failed = Something went wrong on our side. The error was logged.
