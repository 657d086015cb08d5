import type { Catalogue } from '../catalogue.js';

/** Texts of errors, refusals and unknown addresses on flow pages, in French. */
export const fr: Catalogue = {
  'Please fill this in.': 'Veuillez remplir ce champ.',
  'Please choose one of the options.': 'Veuillez choisir l’une des options.',
  'This way cannot be used now. Please choose another one.':
    'Cette méthode n’est pas disponible pour l’instant. Veuillez en choisir une autre.',
  'This file could not be read. Please choose another one.':
    'Ce fichier n’a pas pu être lu. Veuillez en choisir un autre.',
  'This device is registered already. Please use another one.':
    'Cet appareil est déjà enregistré. Veuillez en utiliser un autre.',
  'The check that you are no robot has failed. Please try it again.':
    'Nous n’avons pas pu vérifier que vous n’êtes pas un robot. Veuillez réessayer.',
  'We do not know this name. Check it for typing mistakes, and try again.':
    'Nous ne connaissons pas ce nom. Vérifiez qu’il ne contient pas de faute de frappe, puis réessayez.',
  'Wrong password. Please try again.': 'Mot de passe incorrect. Veuillez réessayer.',
  'Wrong password. Try again or [reset it].': 'Mot de passe incorrect. Réessayez ou [réinitialisez-le].',
  'Wrong name or password. Please try again.': 'Nom ou mot de passe incorrect. Veuillez réessayer.',
  'Wrong name or password. Try again or [reset the password].':
    'Nom ou mot de passe incorrect. Réessayez ou [réinitialisez le mot de passe].',
  'We do not know whom to write to. Please start again.': 'Nous ne savons pas à qui écrire. Veuillez recommencer.',
  'This code is wrong or too old. Enter the newest one, or let us send another email.':
    'Ce code est incorrect ou trop ancien. Saisissez le plus récent ou demandez un autre e-mail.',
  'This code is wrong or has expired. Compare it with the one on your device.':
    'Ce code est incorrect ou a expiré. Comparez-le avec celui de votre appareil.',
  'Wrong code. Enter the newest one that we have sent you.':
    'Code incorrect. Saisissez le dernier que nous vous avons envoyé.',
  'This is no phone number. Enter it with the code of the country, like +44 7700 900000.':
    'Ce n’est pas un numéro de téléphone. Saisissez-le avec l’indicatif du pays, par exemple +44 7700 900000.',
  'Wrong code. Enter the one that your app shows now.':
    'Code incorrect. Saisissez celui que votre application affiche maintenant.',
  'This code did not match. Enter the newest one: each code works only once.':
    'Ce code ne correspond pas. Saisissez le plus récent : chaque code ne sert qu’une fois.',
  'This device is not set up for your account. Please use another one.':
    'Cet appareil n’est pas configuré pour votre compte. Veuillez en utiliser un autre.',
  'This device could not confirm that it is you. Please try again.':
    'Cet appareil n’a pas pu confirmer votre identité. Veuillez réessayer.',
  'Duo did not let you in. Send the message again, and confirm it on your phone.':
    'Duo n’a pas validé la connexion. Renvoyez le message et confirmez-le sur votre téléphone.',
  'A second proof that it is you is needed, and you have set up none. Ask your administrator.':
    'Une deuxième preuve de votre identité est nécessaire, et vous n’en avez configuré aucune. Adressez-vous à votre administrateur.',
  'Your phone is not connected yet. Scan the picture with the Duo app.':
    'Votre téléphone n’est pas encore associé. Scannez l’image avec l’application Duo.',
  'This invitation is no longer valid. Ask for a new one.':
    'Cette invitation n’est plus valable. Demandez-en une nouvelle.',
  'This name is taken. Please choose another one.': 'Ce nom est déjà pris. Veuillez en choisir un autre.',
  'The two passwords differ. Enter the same one twice.':
    'Les deux mots de passe sont différents. Saisissez deux fois le même.',
  'This is no date. Enter it like 2028-05-27.': 'Ce n’est pas une date. Saisissez-la sous la forme 2028-05-27.',
  'This is no date with a time. Enter it like 2028-05-27 14:50.':
    'Ce n’est pas une date avec une heure. Saisissez-la sous la forme 2028-05-27 14:50.',
  'This was not accepted. Please change it and try again.':
    'Cette saisie n’a pas été acceptée. Veuillez la modifier et réessayer.',
  'Too many attempts': 'Trop de tentatives',
  'Please log in': 'Veuillez vous connecter',
  'You are already logged in': 'Vous êtes déjà connecté',
  'This link leads elsewhere': 'Ce lien mène ailleurs',
  'Page not found': 'Page introuvable',
  'Log out': 'Se déconnecter',
  'Go to your account': 'Accéder à votre compte',
  'Reset the password': 'Réinitialiser votre mot de passe',
  'The password was wrong too many times. Start again, or reset your password if you have forgotten it.':
    'Vous avez saisi trop de mots de passe incorrects. Recommencez, ou réinitialisez votre mot de passe si vous l’avez oublié.',
  'The password was wrong too many times. Please start again.':
    'Vous avez saisi trop de mots de passe incorrects. Veuillez recommencer.',
  'You need to be logged in to go on here.': 'Vous devez être connecté pour continuer ici.',
  'You are logged in as {username}. Log out first if you want to go on here as somebody else.':
    'Vous êtes connecté en tant que {username}. Déconnectez-vous d’abord si vous voulez continuer ici avec un autre compte.',
  'Only administrators may go on here.': 'Seuls les administrateurs peuvent continuer ici.',
  'You cannot go on here. If you think that you should, ask your administrator.':
    'Vous ne pouvez pas continuer ici. Si vous pensez que vous devriez pouvoir le faire, adressez-vous à votre administrateur.',
  'You cannot go on here. Start again, or ask your administrator if that does not help.':
    'Vous ne pouvez pas continuer ici. Recommencez, ou adressez-vous à votre administrateur si cela ne suffit pas.',
  'The address to which you would be led now belongs to another site, so we do not follow it.':
    'L’adresse vers laquelle vous seriez dirigé appartient à un autre site, nous ne l’ouvrons donc pas.',
  'This page was out of date, so your answer was not accepted. Please try again.':
    'Cette page n’était plus à jour, votre réponse n’a donc pas été acceptée. Veuillez réessayer.',
  'What you sent is too large. Please choose a smaller file or a shorter text.':
    'Ce que vous avez envoyé est trop volumineux. Veuillez choisir un fichier plus petit ou un texte plus court.',
  'Too many requests came from your network. Please try again later.':
    'Trop de demandes sont venues de votre réseau. Veuillez réessayer plus tard.',
  'Too many attempts came from your network.': 'Trop de tentatives sont venues de votre réseau.',
  'Please try again {time}.': 'Veuillez réessayer {time}.',
  'There is nothing at this address, or not any more. Check it for typing mistakes.':
    'Il n’y a rien à cette adresse, ou plus rien. Vérifiez qu’elle ne contient pas de faute de frappe.',
  'Exceeded maximum attempts. Contact your {brand} administrator for help.':
    'Trop de tentatives. Contactez l’administrateur de {brand}.',
  'Please look at the question again, and answer it once more.':
    'Relisez la question, puis répondez-y encore une fois.',
  'No target user specified for account lockdown': "Aucun compte à verrouiller n'est indiqué",
  'You do not have permission to lock down this account.': "Vous n'avez pas le droit de verrouiller ce compte.",
  'Self-service account lockdown requires a completion flow.':
    'Le verrouillage de son propre compte nécessite un parcours de fin.',
  'Account lockdown failed for this account.': "Ce compte n'a pas pu être verrouillé.",
  "No target found for Redirect stage. The stage's target_flow may have been deleted.":
    'Aucune cible trouvée pour la redirection. Le parcours cible (target_flow) a peut-être été supprimé.',
};
