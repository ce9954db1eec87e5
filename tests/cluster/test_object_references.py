"""Which objects a manifest names, and as what others may need it."""

from acceptance.cluster.object_references import named_by, offered_by

POD = {
    "serviceAccountName": "auth",
    "containers": [
        {
            "envFrom": [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "mail"}}],
            "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "more", "key": "a"}}}],
        }
    ],
    "volumes": [{"secret": {"secretName": "tls"}}, {"persistentVolumeClaim": {"claimName": "data"}}, {"emptyDir": {}}],
}
BINDING = {
    "kind": "RoleBinding",
    "metadata": {"name": "b"},
    "roleRef": {"kind": "Role", "name": "r"},
    "subjects": [{"kind": "ServiceAccount", "name": "auth"}, {"kind": "User", "name": "jane"}],
}


def test_a_workload_names_what_its_pods_take():
    found = named_by({"kind": "Deployment", "metadata": {"name": "auth"}, "spec": {"template": {"spec": POD}}})
    assert found == {
        ("ServiceAccount", "auth"), ("ConfigMap", "settings"), ("ConfigMap", "more"), ("Secret", "mail"),
        ("Secret", "tls"), ("PersistentVolumeClaim", "data"),
    }  # fmt: skip


def test_a_binding_names_its_role_and_is_needed_by_its_accounts():
    assert named_by(BINDING) == {("Role", "r")}
    assert offered_by(BINDING) == {("RoleBinding", "b"), ("ServiceAccount", "auth")}
    assert named_by({"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"secretRef": "x"}}) == set()
