module differential

go 1.24
