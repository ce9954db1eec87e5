"""Volumes and storage classes by which a pod gets a folder of its machine."""

import pytest
from kubernetes import client

from acceptance.drivers.security.machine_volumes import foreign_volumes, open_classes

TOPS = {"/opt/local-path-provisioner", "/mnt/database"}


def volume(**source):
    made = client.V1PersistentVolumeSpec(**source)
    return client.V1PersistentVolume(metadata=client.V1ObjectMeta(name="v"), spec=made)


@pytest.mark.parametrize("kind", ["host_path", "local"])
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/mnt/database/pvc-1_default_data", False),
        ("/opt/local-path-provisioner/pvc-2", False),
        ("/etc/kubernetes", True),
        ("/", True),
        ("/mnt/database", True),
        ("/mnt/database/../../etc", True),
        ("/mnt/database-old/pvc-1", True),
    ],
)
def test_a_volume_that_is_a_machines_own_folder(kind, path, told):
    source = {"host_path": client.V1HostPathVolumeSource, "local": client.V1LocalVolumeSource}[kind](path=path)
    assert bool(foreign_volumes([volume(**{kind: source})], TOPS)) is told


def test_a_volume_of_a_disk_is_no_folder():
    disk = client.V1CSIPersistentVolumeSource(driver="ebs.csi.aws.com", volume_handle="vol-1")
    assert foreign_volumes([volume(csi=disk)], TOPS) == []


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (None, False),
        ("{{ .PVC.Namespace }}/{{.PVC.Name}}", False),
        ("{{ .PVC.Namespace }}/{{ .PVC.Annotations.folder }}", True),
        ("{{.PVC.Labels.folder}}", True),
        ('{{ index .PVC.Annotations "folder" }}', True),
        ("../../etc/{{ .PVName }}", True),
    ],
)
@pytest.mark.parametrize("provisioner", ["rancher.io/local-path", "ebs.csi.aws.com"])
def test_a_class_whose_claims_choose_their_folder(provisioner, pattern, told):
    made = client.V1StorageClass(
        metadata=client.V1ObjectMeta(name="by-name"),
        provisioner=provisioner,
        parameters={"pathPattern": pattern} if pattern else None,
    )
    assert bool(open_classes([made])) is (told and provisioner.startswith("rancher"))
