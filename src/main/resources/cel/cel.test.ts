import { expect, test } from 'vitest';
import { CelError } from './cel-error.ts';
import { CelEnvironment } from './environment.ts';
import { DYN, ObjectType, toJson } from './types.ts';

const empty = CelEnvironment.of({ dynamic: DYN });
function run(expression: string, values: Record<string, unknown> = {}): unknown {
  const program = empty.compile(expression);
  if (program instanceof CelError) return program.message;
  const value = program.evaluate({ dynamic: null, ...values });
  return value instanceof CelError ? value.message : toJson(value);
}

test.each([
  ['1 + 2', 3],
  ['[1,2,3].sum()', 6],
  ['[1,2,3].isSorted()', true],
  ['["b","a"].isSorted()', false],
  ['[3,1,2].max()', 3],
  ['[3.5,1.5].min()', 1.5],
  ['[1,2,3,2].indexOf(2)', 1],
  ['[1,2,3,2].lastIndexOf(2)', 3],
  ['["a","b"].indexOf("c")', -1],
  ['"abc 123".find("[0-9]+")', '123'],
  ['"1 2 3".findAll("[0-9]+")', ['1', '2', '3']],
  ['"1 2 3".findAll("[0-9]+", 2)', ['1', '2']],
  ['"abc".matches("^[a-c]+$")', true],
  ['matches("abc", "b")', true],
  ['"héllo".substring(1, 3)', 'él'],
  ['"tacocat".indexOf("ac")', 1],
  ['"tacocat".lastIndexOf("at")', 5],
  ['"😀b".indexOf("b")', 1],
  ['"TacÔ".lowerAscii()', 'tacÔ'],
  ['"hello hello".replace("he", "we", 1)', 'wello hello'],
  ['"a,b".split(",")', ['a', 'b']],
  ['["x","y"].join("-")', 'x-y'],
  ['"this is %s, %d, %.2f %%".format(["x", 5, 1.5])', 'this is x, 5, 1.50 %'],
  ['"%s".format([[1, "a"]])', '[1, "a"]'],
  ['strings.quote("a\\"b")', '"a\\"b"'],
  ['sets.contains([1,2,3],[2])', true],
  ['sets.equivalent([1,2],[2,1,1])', true],
  ['sets.intersects([1],[2])', false],
  ['url("https://a.example:80/p?x=1").getHost()', 'a.example:80'],
  ['url("https://a.example:80/p?x=1").getHostname()', 'a.example'],
  ['url("https://a.example:80/p?x=1").getPort()', '80'],
  ['url("https://a.example:80/p?x=1").getQuery()', { x: ['1'] }],
  ['url("/path") == url("/path")', true],
  ['isURL("../relative")', false],
  ['quantity("1.5Gi").isGreaterThan(quantity("1Gi"))', true],
  ['quantity("50k").asInteger()', 50000],
  ['quantity("1Gi") == quantity("1024Mi")', true],
  ['quantity("10").add(5).compareTo(quantity("15"))', 0],
  ['isQuantity("1.3xyz")', false],
  ['ip("192.168.0.1").family()', 4],
  ['ip("::1").isLoopback()', true],
  ['ip.isCanonical("127.0.0.1")', true],
  ['ip("8.8.8.8").isGlobalUnicast()', true],
  ['isIP("300.1.1.1")', false],
  ['isIP("::ffff:1.2.3.4")', false],
  ['cidr("192.168.0.0/24").containsIP("192.168.0.9")', true],
  ['cidr("192.168.0.0/24").containsCIDR("192.168.0.0/25")', true],
  ['cidr("192.168.0.5/24").masked() == cidr("192.168.0.0/24")', true],
  ['string(cidr("10.0.0.0/8").ip())', '10.0.0.0'],
  ['cidr("::/1").prefixLength()', 1],
  ['!format.dns1123Label().validate("a-b").hasValue()', true],
  ['format.named("uuid").value().validate("x").value()', ['invalid uuid']],
  ['format.named("nothing").hasValue()', false],
  ['optional.of(3).optMap(x, x + 1).value()', 4],
  ['optional.none().optMap(x, 1).orValue(9)', 9],
  ['[1,2,3].all(i, v, i < v)', true],
  ['{"a": 1}.exists(k, v, k == "a" && v == 1)', true],
  ['[5,6].transformList(i, v, i + v)', [5, 7]],
  ['{"a": 1, "b": 2}.transformMap(k, v, v > 1, v * 2)', { b: 4 }],
  ['duration("1h30m") > duration("89m")', true],
  ['string(duration("90s"))', '90s'],
  ['timestamp("2020-01-01T00:00:00Z").getFullYear()', 2020],
  ['cel.bind(x, 3, x * x)', 9],
  ['[1, 2].map(x, x * 2).exists(x, x == 4)', true],
  ['has({"a": 1}.a)', undefined],
])('%s', (expression, expected) => {
  if (expected === undefined) expect(run(expression)).toMatch(/has\(\) invalid argument/);
  else expect(run(expression)).toEqual(expected);
});

test.each([
  ['1 / 0', 'division by zero'],
  ['[1][5]', 'index out of bounds: 5'],
  ['{"a": 1}["b"]', 'no such key: b'],
  ['quantity("x")', /quantities must match/],
  ['timestamp("yesterday")', 'invalid timestamp "yesterday"'],
  ['"a".substring(5)', 'index out of range: 5'],
  ['dynamic.matches("[")', /missing closing/],
])('%s fails with %s', (expression, message) => {
  const failed = run(expression, { dynamic: 'x' });
  if (typeof message === 'string') expect(failed).toBe(message);
  else expect(failed).toMatch(message);
});

test('shows where an expression does not compile', () => {
  expect(run('1 + nothing')).toBe(
    "compilation failed: ERROR: <input>:1:5: undeclared reference to 'nothing' (in container '')\n | 1 + nothing\n | ....^",
  );
  expect(run('1 +')).toMatch(/^compilation failed: ERROR: <input>:1:4: Syntax error/);
  expect(run('"a" + 1')).toContain("found no matching overload for '_+_' applied to '(string, int)'");
  expect(run('"a".matches(1)')).toContain("found no matching overload for 'string.matches(int)'");
});

const spec = new ObjectType('Object.spec');
spec.fields.set('replicas', { name: 'replicas', type: { kind: 'int' } });
spec.fields.set('names', { name: 'names', type: { kind: 'list', items: { kind: 'string' } } });
spec.fields.set('since', { name: 'since', type: { kind: 'timestamp' } });
spec.fields.set('a__dash__b', { name: 'a-b', type: { kind: 'string' } });
const parts = new ObjectType('Object.parts');
parts.fields.set('size', { name: 'size', type: { kind: 'double' } });
spec.fields.set('parts', { name: 'parts', type: { kind: 'list', items: parts } });
spec.fields.set('labels', { name: 'labels', type: { kind: 'map', values: { kind: 'string' } } });
const typed = CelEnvironment.of({ self: spec, oldSelf: { kind: 'optional', of: spec } });

function check(expression: string, self: object, oldSelf?: object): unknown {
  const program = typed.compile(expression, { resultTypes: ['bool'] });
  if (program instanceof CelError) return program.message;
  const value = program.evaluate({ self, ...(oldSelf ? { oldSelf } : {}) });
  return value instanceof CelError ? value.message : value;
}

test.each([
  ['self.replicas > 1', { replicas: 2 }, true],
  ['has(self.replicas)', {}, false],
  ['self.replicas > 1', {}, 'no such key: replicas'],
  ['self.names.all(n, n.startsWith("a"))', { names: ['ab', 'ac'] }, true],
  ['self.parts.exists(p, p.size > 1.5)', { parts: [{ size: 1 }, { size: 2 }] }, true],
  ['self.parts[0] == self.parts[1]', { parts: [{ size: 1 }, { size: 1 }] }, true],
  ['self.parts[0] in self.parts', { parts: [{ size: 1 }] }, true],
  ['self.since < timestamp("2021-01-01T00:00:00Z")', { since: '2020-05-05T00:00:00Z' }, true],
  ['self.a__dash__b == "x"', { 'a-b': 'x' }, true],
  ['"k" in self.labels && self.labels["k"] == "v"', { labels: { k: 'v' } }, true],
  ['self.?replicas.orValue(7) == 7', {}, true],
  ['oldSelf.hasValue()', {}, false],
  ['self == self', { replicas: 1 }, true],
])('%s of %j is %s', (expression, self, expected) => {
  expect(check(expression, self)).toBe(expected);
});

test('old and new are compared by what is in them', () => {
  expect(check('self == oldSelf.value()', { replicas: 1, names: ['a'] }, { names: ['a'], replicas: 1 })).toBe(true);
  expect(check('self == oldSelf.value()', { replicas: 1 }, { replicas: 2 })).toBe(false);
});

test('types are checked when compiling', () => {
  expect(check('self.nothing', {})).toContain("undefined field 'nothing'");
  expect(check('self.replicas', {})).toBe('must evaluate to bool');
  expect(check('self.replicas == "1"', {})).toContain('no matching overload');
});

test.each([
  '[1,2,3,4,5,6,7,8,9,10].all(a, LIST.all(b, LIST.all(c, LIST.all(d, true))))',
  'LIST.all(a, LIST.all(b, !dynamic.matches("(x+x+)+y")))',
  'LIST.all(a, LIST.map(b, LIST).size() > 0 && LIST.map(x, LIST.map(y, LIST)) == LIST.map(x, LIST.map(y, LIST)))',
  `${Array.from({ length: 40 }, (_, i) => `cel.bind(v${i + 1}, v${i} + v${i}, `)
    .join('')
    .replace('v0 + v0', 'dynamic + dynamic')}true${')'.repeat(40)}`,
])('an expression that would take for ever is ended', (expression) => {
  const list = `[${Array.from({ length: 100 }, (_, index) => index).join(',')}]`;
  expect(run(expression.replaceAll('LIST', list), { dynamic: 'x'.repeat(2000) })).toBe(
    'operation cancelled: actual cost limit exceeded',
  );
});

test('an expression nested too deep is an error, not a crash', () => {
  expect(run(`${'('.repeat(300)}1${')'.repeat(300)}`)).toMatch(/^compilation failed/);
  expect(run(Array.from({ length: 20_000 }, () => '1').join('+'))).toMatch(/compilation failed|too complex/);
  expect(run('1'.repeat(200_000))).toMatch(/exceeds limit/);
});
