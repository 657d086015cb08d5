import type { Catalogue } from '../catalogue.js';

/** Texts of mails, in French. */
export const fr: Catalogue = {
  'Reset your password': 'Réinitialiser votre mot de passe',
  'Somebody asked to reset the password of {username} at {brand}. If it was you, go on here:':
    "Quelqu'un a demandé à réinitialiser le mot de passe de {username} sur {brand}. Si c'était vous, continuez ici :",
  'Choose a new password': 'Choisir un nouveau mot de passe',
  'Confirm your email address': 'Confirmer votre adresse e-mail',
  'This address was given for {username} at {brand}. If it was you, confirm it here:':
    "Cette adresse a été indiquée pour {username} sur {brand}. Si c'était vous, confirmez-la ici :",
  'Confirm the address': "Confirmer l'adresse",
  'Or type this code on the page that waits for it:': "Ou saisissez ce code sur la page qui l'attend :",
  'The link works once, for {minutes} minutes, in any browser.':
    "Le lien est valable une fois, pendant {minutes, plural, one {une minute} other {{minutes} minutes}}, dans n'importe quel navigateur.",
  'The code works for {minutes} minutes.':
    'Le code est valable pendant {minutes, plural, one {une minute} other {{minutes} minutes}}.',
  'If it was not you, there is nothing to do: your password stays as it is. Give the link and the code to nobody.':
    "Si ce n'était pas vous, il n'y a rien à faire : votre mot de passe reste inchangé. Ne donnez le lien et le code à personne.",
  'If it was not you, there is nothing to do. Give the link and the code to nobody.':
    "Si ce n'était pas vous, il n'y a rien à faire. Ne donnez le lien et le code à personne.",
  'Your code': 'Votre code',
  'Enter this code to go on as {username} at {brand}:':
    'Saisissez ce code pour continuer en tant que {username} sur {brand} :',
  'If it was not you, somebody else may know your password: change it. Give the code to nobody.':
    'Si ce n’était pas vous, quelqu’un d’autre connaît peut-être votre mot de passe : changez-le. Ne donnez le code à personne.',
  'You are invited': 'Vous êtes invité',
  '{username} is invited to {brand}. Accept the invitation here:':
    "{username} est invité sur {brand}. Acceptez l'invitation ici :",
  'Accept the invitation': "Accepter l'invitation",
  'If you do not want the invitation, there is nothing to do. Give the link and the code to nobody.':
    "Si vous ne voulez pas de cette invitation, vous n'avez rien à faire. Ne donnez le lien et le code à personne.",
  'Somebody asked to log in as {username} at {brand} by mail. If it was you, go on here:':
    "Quelqu'un a demandé à se connecter par e-mail en tant que {username} sur {brand}. Si c'était vous, continuez ici :",
};
