import type { Catalogue } from '../catalogue.js';

/** Texts of mails, in Arabic. */
export const ar: Catalogue = {
  'Reset your password': 'إعادة تعيين كلمة المرور',
  'Somebody asked to reset the password of {username} at {brand}. If it was you, go on here:':
    'طلب شخص ما إعادة تعيين كلمة مرور {username} لدى {brand}. إذا كنت أنت من طلب ذلك، فتابع من هنا:',
  'Choose a new password': 'اختيار كلمة مرور جديدة',
  'Confirm your email address': 'تأكيد عنوان بريدك الإلكتروني',
  'This address was given for {username} at {brand}. If it was you, confirm it here:':
    'أُدخل هذا العنوان من أجل {username} لدى {brand}. إذا كنت أنت من أدخله، فأكّده هنا:',
  'Confirm the address': 'تأكيد العنوان',
  'Or type this code on the page that waits for it:': 'أو اكتب هذا الرمز في الصفحة التي تنتظره:',
  'The link works once, for {minutes} minutes, in any browser.':
    'يعمل الرابط مرة واحدة خلال {minutes, plural, one {دقيقة واحدة} two {دقيقتين} few {{minutes} دقائق} many {{minutes} دقيقة} other {{minutes} دقيقة}}، وفي أي متصفح.',
  'The code works for {minutes} minutes.':
    'يعمل الرمز خلال {minutes, plural, one {دقيقة واحدة} two {دقيقتين} few {{minutes} دقائق} many {{minutes} دقيقة} other {{minutes} دقيقة}}.',
  'If it was not you, there is nothing to do: your password stays as it is. Give the link and the code to nobody.':
    'إذا لم تكن أنت من طلب ذلك، فلا داعي لفعل أي شيء: تبقى كلمة مرورك كما هي. لا تعطِ الرابط والرمز لأحد.',
  'If it was not you, there is nothing to do. Give the link and the code to nobody.':
    'إذا لم تكن أنت من أدخله، فلا داعي لفعل أي شيء. لا تعطِ الرابط والرمز لأحد.',
  'Your code': 'رمزك',
  'Enter this code to go on as {username} at {brand}:': 'أدخل هذا الرمز للمتابعة باسم {username} في {brand}:',
  'If it was not you, somebody else may know your password: change it. Give the code to nobody.':
    'إن لم تكن أنت، فقد يكون شخص آخر يعرف كلمة مرورك: غيّرها. لا تعطِ الرمز لأحد.',
  'You are invited': 'أنت مدعو',
  '{username} is invited to {brand}. Accept the invitation here:': '{username} مدعو إلى {brand}. اقبل الدعوة هنا:',
  'Accept the invitation': 'قبول الدعوة',
  'If you do not want the invitation, there is nothing to do. Give the link and the code to nobody.':
    'إذا كنت لا تريد الدعوة، فلا داعي لفعل شيء. لا تعطِ الرابط والرمز لأي شخص.',
  'Somebody asked to log in as {username} at {brand} by mail. If it was you, go on here:':
    'طلب شخص ما تسجيل الدخول باسم {username} لدى {brand} عبر البريد الإلكتروني. إذا كنت أنت من طلب ذلك، فتابع من هنا:',
};
