import type { Environment } from '@marcbachmann/cel-js';
import { declareAddresses } from './addresses.ts';
import { declareAuthorizer } from './authorizer.ts';
import { declareIn, declareNamespace } from './declare.ts';
import { declareFormats } from './formats.ts';
import { declareLists, declareSets } from './lists.ts';
import { declareMacros } from './macros.ts';
import { declareQuantities } from './quantity.ts';
import { declareRegex } from './regex.ts';
import { declareStrings } from './strings.ts';
import { declareConversions } from './times.ts';
import { declareUrls } from './url.ts';

/** Kubernetes 1.34's libraries (apiserver/pkg/cel/environment/base.go), all but semver and image. */
export function declareLibrary(environment: Environment): void {
  const declare = declareIn(environment);
  declareConversions(declare);
  declareStrings(declare, declareNamespace(environment, 'strings'));
  declareRegex(declare);
  declareLists(declare);
  declareSets(declare, declareNamespace(environment, 'sets'));
  declareUrls(declare, environment);
  declareQuantities(declare, environment);
  declareAddresses(declare, environment, declareNamespace(environment, 'ip'));
  declareFormats(declare, environment, declareNamespace(environment, 'format'));
  declareAuthorizer(declare, environment);
  declareMacros(environment);
}
