output "volumes" {
  value = { for key, volume in aws_ebs_volume.this : key => { id = volume.id, size = volume.size, zone = volume.availability_zone } }
}
