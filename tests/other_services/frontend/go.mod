module other.example/frontend

go 1.26.0
