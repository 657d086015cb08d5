import type { Translate } from '@gatehouse/texts/browser';
import type { WireMessage } from './envelope.js';

type Words = (t: Translate) => string;

const fillIn: Words = (t) => t('Please fill this in.');
const choose: Words = (t) => t('Please choose one of the options.');
const otherWay: Words = (t) => t('This way cannot be used now. Please choose another one.');
const otherFile: Words = (t) => t('This file could not be read. Please choose another one.');
const otherDevice: Words = (t) => t('This device is registered already. Please use another one.');
const unknownDevice: Words = (t) => t('This device is not set up for your account. Please use another one.');
const unproved: Words = (t) => t('This device could not confirm that it is you. Please try again.');
const captcha: Words = (t) => t('The check that you are no robot has failed. Please try it again.');

/**
 * The page's own texts for errors, by reason (which names the stage), else by code. They say what the visitor can do
 * next. An error that is missing here is shown with the API's text.
 */
export const ERROR_WORDS: Readonly<Record<string, Words>> = {
  required: fillIn,
  null: fillIn,
  blank: fillIn,
  invalid_choice: choose,
  identification_failed: (t) => t('We do not know this name. Check it for typing mistakes, and try again.'),
  identification_captcha: captcha,
  identification_empty: fillIn,
  identification_passkey: unproved,
  identification_passkey_device: unknownDevice,
  identification_passkey_unknown: unknownDevice,
  password_invalid: (t) => t('Wrong password. Please try again.'),
  captcha_failed: captcha,
  captcha_refused: captcha,
  captcha_invalid: captcha,
  captcha_retry: captcha,
  captcha_spent: captcha,
  consent_token_wrong: (t) => t('Please look at the question again, and answer it once more.'),
  email_no_user: (t) => t('We do not know whom to write to. Please start again.'),
  email_code_invalid: (t) => t('This code is wrong or too old. Enter the newest one, or let us send another email.'),
  device_code_invalid: (t) => t('This code is wrong or has expired. Compare it with the one on your device.'),
  authenticator_email_code: (t) => t('Wrong code. Enter the newest one that we have sent you.'),
  authenticator_email_address: (t) => t('This address cannot be used. Enter another one.'),
  authenticator_email_needed: fillIn,
  authenticator_sms_code: (t) => t('Wrong code. Enter the newest one that we have sent you.'),
  authenticator_sms_number: (t) =>
    t('This is no phone number. Enter it with the code of the country, like +44 7700 900000.'),
  authenticator_sms_number_needed: fillIn,
  authenticator_totp_code: (t) => t('Wrong code. Enter the one that your app shows now.'),
  authenticator_validate_code: (t) => t('This code did not match. Enter the newest one: each code works only once.'),
  authenticator_validate_choice: otherWay,
  authenticator_validate_stage: otherWay,
  authenticator_validate_class: otherWay,
  authenticator_validate_empty: choose,
  authenticator_validate_device: unknownDevice,
  authenticator_validate_unknown: unknownDevice,
  authenticator_validate_assertion: unproved,
  authenticator_validate_duo: (t) => t('Duo did not let you in. Send the message again, and confirm it on your phone.'),
  authenticator_validate_none: (t) =>
    t('A second proof that it is you is needed, and you have set up none. Ask your administrator.'),
  authenticator_webauthn_failed: (t) => t('Your device was not registered. Please try again.'),
  authenticator_webauthn_known: otherDevice,
  authenticator_duo_status: (t) => t('Your phone is not connected yet. Scan the picture with the Duo app.'),
  authenticator_duo_known: otherDevice,
  invitation_invalid: (t) => t('This invitation is no longer valid. Ask for a new one.'),
  user_write_uninvited: (t) => t('This invitation is no longer valid. Ask for a new one.'),
  prompt_username_taken: (t) => t('This name is taken. Please choose another one.'),
  prompt_passwords_differ: (t) => t('The two passwords differ. Enter the same one twice.'),
  prompt_not_a_date: (t) => t('This is no date. Enter it like 2028-05-27.'),
  prompt_not_a_date_time: (t) => t('This is no date with a time. Enter it like 2028-05-27 14:50.'),
  prompt_file_scheme: otherFile,
  prompt_file_encoding: otherFile,
  prompt_not_accepted: (t) => t('This was not accepted. Please change it and try again.'),
};

/** Returns the text of an error: the page's own, else that of the API. */
export function wordsFor({ reason, code, string }: WireMessage, t: Translate): string {
  const name = [reason, code].find((candidate) => candidate && Object.hasOwn(ERROR_WORDS, candidate));
  return name ? ERROR_WORDS[name]!(t) : string;
}

/** Returns the texts of several errors as one text, without repetitions. */
export const messagesOf = (messages: readonly WireMessage[], t: Translate): string =>
  [...new Set(messages.map((message) => wordsFor(message, t)))].join(' ');
