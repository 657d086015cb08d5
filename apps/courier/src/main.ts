import { courierConfig, startCourier } from '@gatehouse/courier';
import { runProcess } from '@gatehouse/platform';

await runProcess({ name: 'courier', settings: courierConfig, start: startCourier });
