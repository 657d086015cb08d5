import type { Catalogue } from '../catalogue.js';

/** Texts of the gateway, in Spanish. */
export const es: Catalogue = {
  'Forward auth answers proxies in TRUSTED_PROXIES only. They must send X-Forwarded-For.':
    'El control de acceso (forward auth) solo responde a los proxies de TRUSTED_PROXIES. Deben enviar X-Forwarded-For.',
  'You are in too many groups for this application. Ask your administrator.':
    'Perteneces a demasiados grupos para esta aplicación. Consulta a tu administrador.',
  'The address has a parameter more than once.': 'La dirección contiene un parámetro más de una vez.',
  'The request does not fit forward auth.': 'La solicitud no es válida para el control de acceso (forward auth).',
  'This field is required.': 'Este campo es obligatorio.',
  'This answer was not accepted.': 'Esta respuesta no se ha aceptado.',
  'This field may not be null.': 'Este campo no puede ser nulo.',
  'This field may not be blank.': 'Este campo no puede estar vacío.',
  'Not a valid string.': 'No es un texto válido.',
  'Ensure this field has no more than {max} characters.':
    'Este campo no puede tener más de {max} {max, plural, one {carácter} other {caracteres}}.',
  'Ensure this field has at least {min} characters.':
    'Este campo debe tener al menos {min} {min, plural, one {carácter} other {caracteres}}.',
  'Null characters are not allowed.': 'No se permiten caracteres nulos.',
  'Surrogate characters are not allowed: U+{code_point}.': 'No se permiten caracteres sustitutos: U+{code_point}.',
  'A valid integer is required.': 'Introduzca un número entero.',
  'A valid number is required.': 'Introduzca un número.',
  'String value too large.': 'El texto es demasiado largo.',
  'Ensure this value is less than or equal to {max}.': 'Este valor debe ser menor o igual que {max}.',
  'Ensure this value is greater than or equal to {min}.': 'Este valor debe ser mayor o igual que {min}.',
  'Must be a valid boolean.': 'Debe ser sí o no.',
  'Expected a dictionary of items but got type "{type}".': 'Se esperaba un objeto con elementos, no el tipo «{type}».',
  'Value must be a dictionary, and not have any duplicate keys.': 'El valor debe ser un objeto sin claves duplicadas.',
  'Expected a list of items but got type "{type}".': 'Se esperaba una lista, no el tipo «{type}».',
  'This list may not be empty.': 'Esta lista no puede estar vacía.',
  '"{input}" is not a valid choice.': '«{input}» no es una opción válida.',
  'Enter a valid email address.': 'Introduzca una dirección de correo electrónico válida.',
  'No data provided': 'No se han enviado datos.',
  'Invalid data. Expected a dictionary, but got {type}.': 'Datos no válidos: se esperaba un objeto, no {type}.',
  'Failed to authenticate.': 'No se ha podido iniciar sesión.',
  'No identification data provided.': 'No se ha indicado quién quiere iniciar sesión.',
  "Request to authenticate with {name} has been denied. Please authenticate with the source you've previously signed up with.":
    'Se ha rechazado el acceso con {name}. Acceda con la fuente con la que se registró.',
  'This account of {source} is connected with another user.': 'Esta cuenta de {source} está vinculada a otro usuario.',
  'Source is not configured for enrollment.': 'Esta fuente no está configurada para el registro.',
  'Configured flow does not exist.': 'El flujo configurado no existe.',
  'Source does not exist': 'La fuente no existe',
  'Invalid source': 'Fuente no válida',
  'Failed to update groups. Please try again later.':
    'No se han podido actualizar los grupos. Inténtelo de nuevo más tarde.',
  'The source {name} is not enabled.': 'La fuente {name} no está activada.',
  'Authentication failed: State check failed.': 'Error de acceso: no pertenece a esta sesión o ha caducado.',
  'Connect an account from your own page.': 'Vincule una cuenta desde su propia página.',
  'Invalid password': 'Contraseña incorrecta',
  'Code does not match': 'El código no coincide.',
  'invalid challenge selected': 'La selección no es válida.',
  'Selected stage is invalid': 'Esta configuración no está disponible.',
  'No compatible device class allowed': 'No se permite ningún dispositivo compatible.',
  'Invalid Token. Please ensure the time on your device is accurate and try again.':
    'El código no es válido. Compruebe que la hora de su dispositivo es correcta e inténtelo de nuevo.',
  'Assertion failed': 'La confirmación ha fallado.',
  'Duo denied access': 'Duo ha denegado el acceso.',
  'Empty response': 'La respuesta está vacía.',
  'Invalid device': 'Dispositivo no válido',
  'Invalid device type. Contact your {brand} administrator for help.':
    'Este tipo de dispositivo no está permitido. Póngase en contacto con el administrador de {brand}.',
  'Registration failed. Error: {reason}': 'El registro ha fallado. Error: {reason}',
  'Credential ID already exists.': 'Esta clave ya está registrada.',
  'Duo did not accept the request. Ask your administrator.':
    'Duo no ha aceptado la solicitud. Consulte a su administrador.',
  'Duo cannot be reached. Please try again later.': 'No se puede contactar con Duo. Vuelva a intentarlo más tarde.',
  'Enter {number} in the Duo app on your phone.': 'Introduzca {number} en la aplicación Duo de su teléfono.',
  'Invalid enrollment status: {status}.': 'Estado de vinculación no válido: {status}.',
  'Device with Credential ID already exists.': 'Este dispositivo ya está configurado.',
  'No (allowed) MFA authenticator configured.':
    'No tiene configurado ningún dispositivo (permitido) de segundo factor.',
  'Invalid phone number': 'El número de teléfono no es válido.',
  'phone_number required': 'Se necesita un número de teléfono.',
  'Please wait a moment before you ask for another code.': 'Espere un momento antes de pedir otro código.',
  'The message could not be sent. Please try again later.':
    'No se pudo enviar el mensaje. Inténtelo de nuevo más tarde.',
  'Failed to validate token': 'No se pudo comprobar el token',
  'Failed to validate token: {codes}': 'No se pudo comprobar el token: {codes}',
  'Invalid captcha response': 'Respuesta al captcha no válida',
  'Invalid captcha response. Retrying may solve this issue.':
    'Respuesta al captcha no válida. Puede que un nuevo intento funcione.',
  'This token has been used already.': 'Este token ya se ha utilizado.',
  'Continue to confirm this email address.': 'Continúe para confirmar esta dirección de correo electrónico.',
  'Link was already used, please request a new link.':
    'Este enlace ya se ha utilizado o ha caducado. Solicite uno nuevo.',
  'Another website sent you here. Continue only if you want to.':
    'Otro sitio web le ha traído aquí. Continúe solo si lo desea.',
  'Invalid consent token, re-showing prompt': 'Token de consentimiento no válido; se vuelve a mostrar la pregunta.',
  'This question has been asked anew since. Please look at it again.':
    'Esta pregunta se ha vuelto a plantear desde entonces. Vuelva a leerla.',
  'What is asked for has changed. Please look at it again.': 'Lo que se solicita ha cambiado. Vuelva a leerlo.',
  'What you entered was not accepted.': 'Lo que ha introducido no se ha aceptado.',
  'The file is larger than {kib} KiB.': 'El archivo supera los {kib} KiB.',
  'This has characters that cannot be shown.': 'Este valor contiene caracteres que no se pueden mostrar.',
  'Invalid encoding': 'El archivo no se puede leer.',
  'Invalid scheme': 'Esto no es un archivo.',
  'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].':
    'La fecha y la hora no tienen el formato correcto. Use este: AAAA-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].',
  'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.':
    'La fecha no tiene el formato correcto. Use este: AAAA-MM-DD.',
  "Passwords don't match.": 'Las contraseñas no coinciden.',
  'Username is already taken.': 'Este nombre de usuario ya está ocupado.',
  'Usernames cannot contain the character {character}.':
    'Los nombres de usuario no pueden contener el carácter {character}.',
  'Usernames cannot mix letters of several scripts.':
    'Los nombres de usuario no pueden mezclar letras de varias escrituras.',
  'Usernames in a right-to-left script must begin with a letter of this script, and end with one or with a digit.':
    'Los nombres de usuario en una escritura de derecha a izquierda deben empezar por una letra de esta escritura y terminar en una letra de ella o en un dígito.',
  'Failed to update user. Please try again later.': 'No se pudo guardar la cuenta. Inténtelo de nuevo más tarde.',
  "No user found and can't create new user.": 'No hay ninguna cuenta y no se puede crear una.',
  'No Pending data.': 'No hay nada que guardar.',
  'Invalid invite/invite not found': 'Esta invitación no existe o ya no es válida.',
  'Too many account verification attempts. Please try again after {minutes} minutes.':
    'Demasiados intentos de verificar la cuenta. Inténtelo de nuevo después de {minutes} {minutes, plural, one {minuto} other {minutos}}.',
  'No email was sent, because too many were requested. Try again later, or in a browser in which you have logged in before.':
    'No se ha enviado ningún correo porque se han solicitado demasiados. Vuelva a intentarlo más tarde o en un navegador en el que ya haya iniciado sesión.',
  'This code is wrong, or too old.': 'Este código es incorrecto o demasiado antiguo.',
  'No Pending User.': 'No hay ninguna cuenta a la que se refiera esto.',
  'Unknown error': 'Error desconocido',
  'Invalid next URL': 'La dirección de destino no es válida.',
  'Flow does not apply to current user.': 'Este proceso no está disponible para usted.',
  'This link is invalid or has expired. Please request a new one.':
    'Este enlace no es válido o ha caducado. Solicite uno nuevo.',
  'This is no HTTP request.': 'Esto no es una solicitud HTTP.',
  'JSON parse error': 'No se puede leer el JSON.',
  'JSON parse error - this is no JSON': 'No se puede leer el JSON: esto no es JSON.',
  'JSON parse error - a number is too large': 'No se puede leer el JSON: un número es demasiado grande.',
  'JSON parse error - more than {levels} levels': 'No se puede leer el JSON: más de {levels} niveles.',
  'Credentials do not belong in the query.': 'Las credenciales no deben ir en la dirección.',
  'The query is too long.': 'La consulta de la dirección es demasiado larga.',
  'The query is longer than {limit} bytes.': 'La consulta de la dirección supera los {limit} bytes.',
  'Not found.': 'No encontrado.',
  'There is no flow for {designation}.': 'No hay ningún proceso para {designation}.',
  'Invalid page.': 'Esta página no existe.',
  'Authentication credentials were not provided.': 'No ha iniciado sesión.',
  'Token invalid/expired': 'El token no es válido o ha caducado.',
  'Unsupported authentication type': 'Este tipo de autenticación no es compatible.',
  'You do not have permission to perform this action.': 'No tiene permiso para realizar esta acción.',
  'CSRF Failed': 'La comprobación CSRF ha fallado.',
  'CSRF Failed: Origin checking failed - {origin} does not match any trusted origins.':
    'La comprobación CSRF ha fallado: {origin} no es un origen de confianza.',
  'CSRF Failed: Referer checking failed - no Referer.': 'La comprobación CSRF ha fallado: falta el encabezado Referer.',
  'CSRF Failed: Referer checking failed - {referer} does not match any trusted origins.':
    'La comprobación CSRF ha fallado: el Referer {referer} no es un origen de confianza.',
  'CSRF Failed: CSRF cookie not set.': 'La comprobación CSRF ha fallado: falta la cookie CSRF.',
  'CSRF Failed: CSRF token missing.': 'La comprobación CSRF ha fallado: falta el token CSRF.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has incorrect length.":
    'La comprobación CSRF ha fallado: el token CSRF del encabezado HTTP «X-Authentik-Csrf» tiene una longitud incorrecta.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header has invalid characters.":
    'La comprobación CSRF ha fallado: el token CSRF del encabezado HTTP «X-Authentik-Csrf» contiene caracteres no válidos.',
  "CSRF Failed: CSRF token from the 'X-Authentik-Csrf' HTTP header incorrect.":
    'La comprobación CSRF ha fallado: el token CSRF del encabezado HTTP «X-Authentik-Csrf» es incorrecto.',
  'CSRF Failed: CSRF token from the form has incorrect length.':
    'La comprobación CSRF ha fallado: el token CSRF del formulario tiene una longitud incorrecta.',
  'CSRF Failed: CSRF token from the form has invalid characters.':
    'La comprobación CSRF ha fallado: el token CSRF del formulario contiene caracteres no válidos.',
  'CSRF Failed: CSRF token from the form incorrect.':
    'La comprobación CSRF ha fallado: el token CSRF del formulario es incorrecto.',
  'Method not allowed.': 'Este método no está permitido.',
  'Method "{method}" not allowed.': 'El método «{method}» no está permitido.',
  'The request took too long to arrive.': 'La solicitud ha tardado demasiado en llegar.',
  'The request body is too large.': 'El cuerpo de la solicitud es demasiado grande.',
  'Unsupported media type in request.': 'El formato de la solicitud no es compatible.',
  'Unsupported media type "{type}" in request.': 'El formato «{type}» de la solicitud no es compatible.',
  'The address and headers are too large.': 'La dirección y los encabezados son demasiado grandes.',
  'Request was throttled.': 'Demasiadas solicitudes. Vuelva a intentarlo en un momento.',
  'The stage failed.': 'Este paso ha fallado.',
  'The stage did not understand the request.': 'El servicio de este paso no ha entendido la solicitud.',
  'An internal error occurred.': 'Se ha producido un error interno.',
  'No service serves this stage.': 'Ningún servicio atiende este paso.',
  'The stage did not answer in time.': 'El servicio de este paso no ha respondido a tiempo.',
  'The stage is busy.': 'El servicio de este paso está ocupado.',
  'Too many requests at once.': 'Demasiadas solicitudes a la vez.',
  '{source} cannot be reached just now. Please try again later.':
    'No se puede contactar con {source} en este momento. Inténtelo de nuevo más tarde.',
  '{source} is not set up correctly. Ask your administrator.':
    '{source} no está configurado correctamente. Pregunte a su administrador.',
  '{source} did not confirm the login.': '{source} no confirmó el inicio de sesión.',
  'The answer of {source} could not be verified. Please try again.':
    'No se pudo verificar la respuesta de {source}. Inténtelo de nuevo.',
  'Access denied.': 'Acceso denegado.',
  'The blueprint is invalid.': 'El blueprint no es válido.',
  'There is no such flow.': 'Ese flujo no existe.',
  'It is current already.': 'Ya es la versión actual.',
  'Another version is being rolled out. Publish it or end its rollout first.':
    'Se está desplegando otra versión de forma gradual. Publíquela o termine primero su despliegue.',
  'The flow was changed meanwhile.': 'El flujo se ha modificado entretanto.',
  'No version of the flow is being rolled out.': 'Ninguna versión del flujo se está desplegando de forma gradual.',
  'Another change of flows is running. Try again later.':
    'Se está realizando otro cambio de flujos. Inténtelo de nuevo más tarde.',
  'Flows cannot be changed at the moment.': 'Los flujos no se pueden cambiar en este momento.',
  'The change of flows took too long.': 'El cambio de flujos ha tardado demasiado.',
  'The scope of this API token does not allow this.': 'El ámbito de este token de API no permite esto.',
  'The device must prove its key.': 'El dispositivo debe demostrar que tiene su clave.',
  'Your browser could not confirm this device yet. Try again.':
    'Su navegador aún no ha podido confirmar este dispositivo. Inténtelo de nuevo.',
  'The proof of the device is invalid.': 'La prueba del dispositivo no es válida.',
  'There is no such version of the flow.': 'Esa versión del flujo no existe.',
  'This version of the flow cannot be published.': 'Esta versión del flujo no se puede publicar.',
  'The message bus cannot be reached.': 'No se puede contactar con el bus de mensajes.',
  'The keys of the transmitter cannot be fetched.': 'No se pueden obtener las claves del emisor.',
  'Policies cannot be evaluated.': 'No se pueden evaluar las políticas.',
  'The database cannot be reached.': 'No se puede contactar con la base de datos.',
  'The stored data cannot be opened at the moment.': 'Los datos guardados no se pueden abrir en este momento.',
  'The device that you have proved was set up too recently. Sign in with an older device, or try again later.':
    'El dispositivo con el que ha confirmado su identidad se configuró hace muy poco. Inicie sesión con un dispositivo más antiguo o vuelva a intentarlo más tarde.',
  'Sign in again and prove yourself by one of your devices first.':
    'Vuelva a iniciar sesión y demuestre su identidad con uno de sus dispositivos.',
  'An API token cannot set up or change credentials. Log in first.':
    'Un token de API no puede configurar ni cambiar credenciales. Inicie sesión primero.',
  'An API token cannot authorize a device. Log in first.':
    'Un token de API no puede autorizar un dispositivo. Inicie sesión primero.',
  'An API token cannot log a user in.': 'Un token de API no puede iniciar la sesión de nadie.',
  'Log out, log in again, and come back.': 'Cierre la sesión, vuelva a iniciarla e inténtelo de nuevo.',
  'You have no password to confirm this with. Log out, log in again, and come back.':
    'No tiene contraseña con la que confirmar esto. Cierre la sesión, vuelva a iniciarla e inténtelo de nuevo.',
  "You're about to sign into {name}. Continue only if your own device shows the code {code}.":
    'Está a punto de iniciar sesión en {name}. Continúe solo si su propio dispositivo muestra el código {code}.',
  "You're about to sign into {name}.": 'Está a punto de iniciar sesión en {name}.',
  'Know who you are': 'Saber quién es usted',
  'See your name and username': 'Ver su nombre y su nombre de usuario',
  'See your e-mail address': 'Ver su dirección de correo electrónico',
  'See your groups': 'Ver sus grupos',
  'This request has expired. Please start again in the application.':
    'Esta solicitud ha caducado. Empiece de nuevo en la aplicación.',
  'This request is unknown or has expired. Please start again in the application.':
    'Esta solicitud es desconocida o ha caducado. Empiece de nuevo en la aplicación.',
  'The application does not have this address.': 'La aplicación no tiene esta dirección.',
  'Invalid code': 'Código no válido',
  'The code has expired. Please start again on your device.':
    'El código ha caducado. Empiece de nuevo en su dispositivo.',
  'Successfully logged in!': '¡Ha iniciado sesión!',
  'No Pending user to login.': 'Aún no se sabe quién quiere iniciar sesión.',
  'Email Successfully sent.': 'El correo se ha enviado.',
  'Successfully verified Email.': 'Su dirección de correo está confirmada.',
  'No pending user.': 'No hay ninguna cuenta a la que se refiera esto.',
  'Successfully authenticated with {name}!': '¡Ha iniciado sesión con {name}!',
  'Successfully linked {name}!': '¡Su cuenta ya está vinculada con {name}!',
  '{name} asks for a stronger login. Set up an authenticator, then try again.':
    '{name} exige un inicio de sesión más seguro. Configure un autenticador e inténtelo de nuevo.',
  'You may not use {name}.': 'No tiene permiso para usar {name}.',
  'Log in as another user': 'Iniciar sesión con otro usuario',
  'The login could not be finished': 'No se pudo completar el inicio de sesión',
  'It took too long, or it began in another browser.': 'Ha tardado demasiado o comenzó en otro navegador.',
  'Try the login again': 'Volver a iniciar sesión',
  'This preview link is not valid. Create another one.': 'Este enlace de vista previa no es válido. Cree otro.',
  'This preview link has expired. Create another one.': 'Este enlace de vista previa ha caducado. Cree otro.',
  'The previewed version of the flow no longer exists.': 'La versión del flujo de esta vista previa ya no existe.',
  'The test user of this preview must exist, be active, and be no superuser.':
    'El usuario de prueba de esta vista previa debe existir, estar activo y no ser superusuario.',
  'This preview was started elsewhere. Open its link again.':
    'Esta vista previa se inició en otro lugar. Abra de nuevo su enlace.',
  'Invalid email': 'Dirección de correo no válida',
  'email required': 'Se requiere una dirección de correo',
  'The user already has an email address registered for MFA.':
    'Esta cuenta ya tiene una dirección de correo registrada como segundo factor.',
  'The set-up needs the flow initial-setup, and an administrator without a password.':
    'La puesta en marcha necesita el flujo initial-setup y un administrador sin contraseña.',
  'The other user is no longer signed in here.': 'El otro usuario ya no ha iniciado sesión aquí.',
  'An API token cannot switch users. Log in first.':
    'Un token de API no puede cambiar de usuario. Inicie sesión primero.',
};
