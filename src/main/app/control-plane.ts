import { join } from 'node:path';
import { ApiClient } from '../../shared/client/api-client.ts';
import { SharedInformers } from '../../shared/client/shared-informers.ts';
