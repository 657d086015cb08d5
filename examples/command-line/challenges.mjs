import { CommandError, say } from './command.mjs';

const FIELD_NAMES = { username: 'Username', email: 'Email address', upn: 'UPN' };
const CODE_CLASSES = ['totp', 'static'];
const CODE_QUESTIONS = {
  totp: 'Code from your authenticator app',
  static: 'Recovery code',
  'totp,static': 'Code from your authenticator app, or a recovery code',
};

/** Asks the user what a challenge asks for, and returns the response. Throws if only a page can answer it. */
export async function answer(challenge, { terminal, page }) {
  showErrors(challenge);
  const { component } = challenge;
  const fields = await ANSWERS[component]?.(challenge, terminal);
  if (fields === undefined)
    throw new CommandError(`This step (${component}) needs a browser. Open ${page} and log in there.`);
  return { component, ...fields };
}

/** By component: functions that return the fields of the response, or undefined if only a page can ask for them. */
const ANSWERS = {
  'ak-stage-identification': async ({ user_fields, password_fields, captcha_stage }, terminal) => {
    if (!user_fields?.length || captcha_stage) return undefined;
    const uid_field = await terminal.ask(user_fields.map((name) => FIELD_NAMES[name] ?? name).join(' or '));
    return password_fields ? { uid_field, password: await terminal.askSecret('Password') } : { uid_field };
  },
  'ak-stage-password': async (_challenge, terminal) => ({ password: await terminal.askSecret('Password') }),
  'ak-stage-authenticator-validate': async ({ device_challenges }, terminal) => {
    const classes = CODE_CLASSES.filter((name) => device_challenges.some(({ device_class }) => device_class === name));
    if (classes.length === 0) return undefined;
    return { code: await terminal.askSecret(CODE_QUESTIONS[classes.join()]) };
  },
  // The stored session lasts as long as the flow allows without an extension.
  'ak-stage-user-login': async () => ({ remember_me: false }),
};

function showErrors({ response_errors = {} }) {
  for (const { string } of Object.values(response_errors).flat()) say(string);
}
