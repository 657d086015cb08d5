module example.org/stage

go 1.22
