/** Small manifests to start from. Images are ones that any Docker can pull without an account. */
export interface Sample {
  kind: string;
  text: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    kind: 'Deployment',
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports:
            - containerPort: 80
          resources:
            requests:
              cpu: 50m
              memory: 32Mi
            limits:
              memory: 128Mi
`,
  },
  {
    kind: 'Pod',
    text: `apiVersion: v1
kind: Pod
metadata:
  name: shell
spec:
  containers:
    - name: shell
      image: busybox:1.36
      command: ["sleep", "infinity"]
`,
  },
  {
    kind: 'ConfigMap',
    text: `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  LOG_LEVEL: info
`,
  },
];
