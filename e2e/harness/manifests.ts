// Manifests as users paste them.

/** A Deployment of one container. `command` in place of the image's own, as a YAML list. */
export function deploymentYaml(name: string, image: string, replicas: number, command?: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: ${name}
          image: ${image}
${command === undefined ? '' : `          command: ${command}\n`}`;
}

/** A Pod of one container named `main`; `more` are further lines of the container. */
export function podYaml(name: string, image: string, ...more: string[]): string {
  const lines = [`image: ${image}`, ...more].map((line) => `      ${line}\n`).join('');
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\nspec:\n  containers:\n    - name: main\n${lines}`;
}

export function configMapYaml(name: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  colour: teal
`;
}
