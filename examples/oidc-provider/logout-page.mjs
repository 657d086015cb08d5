/** The page that asks whether to log out. `form` is the provider's form, without a button. */
export function logoutSource(context, form) {
  context.body = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Log out</title></head>
  <body>
    <h1>Do you want to log out?</h1>
    ${form}
    <button type="submit" form="op.logoutForm" name="logout" value="yes">Log out</button>
  </body>
</html>`;
}
