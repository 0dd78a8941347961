"""Kubernetes: a RayCluster that stays, or a RayJob that brings one and takes it away again.

Both are for the KubeRay operator 1.6 or newer. They mirror Ray's and Kubernetes' own words, so
that a reader of their documentation finds every field.
"""

from textwrap import indent

from dosefront.manifests.plan import RAY_VERSION, ClusterPlan

_HOME = "/home/ray"
_RUNS = f"{_HOME}/dosefront-runs"
_EXPERIMENT = f"{_HOME}/experiment"
_SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def cluster_manifest(plan: ClusterPlan) -> str:
    """A volume for the runs, and a cluster that stays until it is deleted."""
    return f"""\
# A Ray cluster for dosefront's sweeps, kept by the KubeRay operator (1.6 or newer).
# Rendered by `dosefront cluster render --kind kuberay-cluster`. The image and the secrets must
# exist before this is applied: see README.md.
{_volume(plan)}---
apiVersion: ray.io/v1
kind: RayCluster
metadata:
  name: {plan.name}
spec:
{indent(_cluster_spec(plan, experiment=False), "  ")}"""


def job_manifest(plan: ClusterPlan) -> str:
    """A volume for the runs, and one sweep with a cluster of its own."""
    return f"""\
# One sweep with a Ray cluster of its own, by the KubeRay operator (1.6 or newer).
# Rendered by `dosefront cluster render --kind kuberay-job`. The image, the secrets and the
# experiment must exist before this is applied: see README.md.
{_volume(plan)}---
apiVersion: ray.io/v1
kind: RayJob
metadata:
  name: {plan.name}-sweep
spec:
  # The experiment is the key experiment.yaml of the config map {plan.name}-experiment. A run that
  # has begun goes on from its ledger, after a lost head as well as when this is applied again.
  entrypoint: >-
    bash -c 'if test -e {_RUNS}/{plan.name}-sweep/experiment.yaml;
    then dosefront resume {_RUNS}/{plan.name}-sweep --address auto;
    else dosefront sweep {_EXPERIMENT}/experiment.yaml --address auto
    --out {_RUNS} --run-id {plan.name}-sweep; fi'
  backoffLimit: 1  # a second cluster, should the first one fail
  shutdownAfterJobFinishes: true  # the cluster goes, the volume of runs stays
  ttlSecondsAfterFinished: 600
  submissionMode: K8sJobMode
  submitterPodTemplate:
    spec:
      restartPolicy: Never
{indent(_POD_SECURITY, "      ")}\
      containers:
        - name: ray-job-submitter
          image: {plan.image}
          resources:
            requests: {{cpu: "500m", memory: 512Mi}}
            limits: {{cpu: "1", memory: 1Gi}}
{indent(_CONTAINER_SECURITY, "          ")}\
  rayClusterSpec:
{indent(_cluster_spec(plan, experiment=True), "    ")}"""


def _volume(plan: ClusterPlan) -> str:
    chosen = f"  storageClassName: {plan.storage_class}\n" if plan.storage_class else ""
    return f"""\
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {plan.name}-runs  # `kubectl delete -f` on this file deletes the runs too
spec:
{chosen}\
  accessModes: [ReadWriteMany]  # the head writes the ledger, the workers their checkpoints
  resources:
    requests: {{storage: {plan.storage_gib}Gi}}
"""


def _cluster_spec(plan: ClusterPlan, *, experiment: bool) -> str:
    return f"""\
rayVersion: "{RAY_VERSION}"
authOptions:
  mode: token
  secretName: {plan.name}-ray-token  # holds the token under the key auth_token
enableInTreeAutoscaling: true
autoscalerOptions:
  version: v2
  idleTimeoutSeconds: 300
  resources:
    requests: {{cpu: "500m", memory: 1Gi}}
    limits: {{cpu: "500m", memory: 1Gi}}
{indent(_CONTAINER_SECURITY, "  ")}\
  volumeMounts:  # the autoscaler alone may speak to Kubernetes
    - {{name: kubernetes, mountPath: {_SERVICE_ACCOUNT}, readOnly: true}}
{_fault_tolerance(plan)}\
headGroupSpec:
  serviceType: ClusterIP
  rayStartParams:
    num-cpus: "0"  # the head runs the sweep's driver and no trials
  template:
    spec:
{indent(_POD_SECURITY, "      ")}\
      containers:
        - name: ray-head
          image: {plan.image}
          env:
            - {{name: RAY_USAGE_STATS_ENABLED, value: "0"}}
            - name: WANDB_API_KEY  # only the driver speaks to W&B
              valueFrom:
                secretKeyRef: {{name: {plan.name}-wandb, key: api_key, optional: true}}
          envFrom:  # AWS_ACCESS_KEY_ID and others, where resources.storage is an object store
            - {{secretRef: {{name: {plan.name}-s3, optional: true}}}}
          ports:
            - {{name: gcs-server, containerPort: 6379}}
            - {{name: dashboard, containerPort: 8265}}
          resources:
            requests: {{cpu: "2", memory: 6Gi}}
            limits: {{cpu: "2", memory: 6Gi}}
{indent(_CONTAINER_SECURITY, "          ")}\
          volumeMounts:
            - {{name: runs, mountPath: {_RUNS}}}
            - {{name: ray-logs, mountPath: /tmp/ray}}
{indent(_experiment_mount(), "            ") if experiment else ""}\
      volumes:
        - {{name: runs, persistentVolumeClaim: {{claimName: {plan.name}-runs}}}}
        - {{name: ray-logs, emptyDir: {{sizeLimit: 8Gi}}}}
{indent(_experiment_volume(plan), "        ") if experiment else ""}\
        - name: kubernetes
          projected:
            sources:
              - serviceAccountToken: {{path: token}}
              - configMap: {{name: kube-root-ca.crt, items: [{{key: ca.crt, path: ca.crt}}]}}
workerGroupSpecs:
  - groupName: trials
    replicas: {plan.min_workers}
    minReplicas: {plan.min_workers}
    maxReplicas: {plan.workers}
    rayStartParams: {{}}
    template:
      spec:
{indent(_POD_SECURITY, "        ")}\
{indent(_GPU_TOLERATION, "        ") if plan.gpus else ""}\
        containers:
          - name: ray-worker
            image: {plan.image}
            env:
              - {{name: RAY_USAGE_STATS_ENABLED, value: "0"}}
              - {{name: OMP_NUM_THREADS, value: "1"}}
            envFrom:
              - {{secretRef: {{name: {plan.name}-s3, optional: true}}}}
            resources:  # one trial takes one CPU and about 0.5 GiB
              requests: {{{_resources(plan)}}}
              limits: {{{_resources(plan)}}}
{indent(_CONTAINER_SECURITY, "            ")}\
            volumeMounts:
              - {{name: runs, mountPath: {_RUNS}}}
              - {{name: ray-logs, mountPath: /tmp/ray}}
        volumes:
          - {{name: runs, persistentVolumeClaim: {{claimName: {plan.name}-runs}}}}
          - {{name: ray-logs, emptyDir: {{sizeLimit: 8Gi}}}}
"""


def _fault_tolerance(plan: ClusterPlan) -> str:
    """What lets a new head take over the workers of a lost one."""
    if plan.redis is None:
        return ""
    return f"""\
gcsFaultToleranceOptions:  # a new head finds the old one's state here
  redisAddress: {plan.redis}
  redisPassword:
    valueFrom:
      secretKeyRef: {{name: {plan.name}-redis, key: password}}
"""


def _resources(plan: ClusterPlan) -> str:
    gpus = f', nvidia.com/gpu: "{plan.gpus}"' if plan.gpus else ""
    return f'cpu: "{plan.cpus}", memory: {plan.memory_gib}Gi{gpus}'


def _experiment_mount() -> str:
    return f"- {{name: experiment, mountPath: {_EXPERIMENT}, readOnly: true}}\n"


def _experiment_volume(plan: ClusterPlan) -> str:
    return f"- {{name: experiment, configMap: {{name: {plan.name}-experiment}}}}\n"


_POD_SECURITY = """\
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 100
  fsGroup: 100
  seccompProfile: {type: RuntimeDefault}
"""
_CONTAINER_SECURITY = """\
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
"""
_GPU_TOLERATION = """\
tolerations:
  - {key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}
"""
