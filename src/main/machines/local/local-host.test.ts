import { hostContract } from '../host.contract.ts';
import { LocalHost } from './local-host.ts';

hostContract('LocalHost', () => Promise.resolve(new LocalHost()));
